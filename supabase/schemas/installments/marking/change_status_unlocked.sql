create function jobs.change_status_unlocked(
  wanted_ids uuid[],
  from_status text,
  to_status text,
  due_before date,
  out ids uuid[],
  out due_dates date[],
  out unchanged_count int
)
language plpgsql
set search_path = ''
set lock_timeout = '1ms'
as $function$
declare
  wanted_id uuid;
  changed record;
begin
  begin
    changed := jobs.change_status(
      change_status_unlocked.wanted_ids,
      change_status_unlocked.from_status,
      change_status_unlocked.to_status,
      change_status_unlocked.due_before
    );
    ids := changed.ids;
    due_dates := changed.due_dates;
    unchanged_count := changed.unchanged_count;
    return;
  exception
    when lock_not_available then
      ids := '{}';
      due_dates := '{}';
      unchanged_count := 0;
  end;

  -- One of them is held. The others are changed one by one.
  foreach wanted_id in array change_status_unlocked.wanted_ids loop
    begin
      changed := jobs.change_status(
        array[wanted_id],
        change_status_unlocked.from_status,
        change_status_unlocked.to_status,
        change_status_unlocked.due_before
      );
      ids := ids || changed.ids;
      due_dates := due_dates || changed.due_dates;
      unchanged_count := unchanged_count + changed.unchanged_count;
    exception
      when lock_not_available then
        -- Left for the next run.
        continue;
    end;
  end loop;
end
$function$;

revoke all on function jobs.change_status_unlocked(uuid[], text, text, date)
  from public, anon, authenticated, service_role;

comment on function jobs.change_status_unlocked(uuid[], text, text, date) is
  'jobs.change_status() for installments that this transaction does not hold: waits a millisecond for each that another '
  'session holds, and leaves it. For databases that refuse "for update skip locked", as Citus does across shards.';
