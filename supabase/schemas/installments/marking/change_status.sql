create function jobs.change_status(
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
-- A generic plan compares each of the ids with each of the updated ones.
set plan_cache_mode = force_custom_plan
as $function$
declare
  updated_ids uuid[];
begin
  -- Adopters' triggers expect the path that the Data API gives them.
  perform set_config('search_path', 'public, extensions', true);

  -- Dynamic, because the statuses of an adopter may be an enum.
  execute format(
    $query$
      with updated as (
        update public.installments as installment
        set status = %L
        where installment.id = any ($1)
          and installment.status = %L
          and ($2 is null or installment.student_due_date < $2)
        returning installment.id
      )
      select array_agg(updated.id)
      from updated
    $query$,
    change_status.to_status,
    change_status.from_status
  )
  into updated_ids
  using change_status.wanted_ids, change_status.due_before;

  -- A trigger may have refused the update, or have made something else of it.
  select
    coalesce(array_agg(stored.id) filter (where stored.is_changed), '{}'),
    coalesce(array_agg(stored.student_due_date) filter (where stored.is_changed), '{}'),
    count(*) filter (
      where stored.status = change_status.from_status
        and (change_status.due_before is null or stored.student_due_date < change_status.due_before)
    )
  into ids, due_dates, unchanged_count
  from (
    select
      installment.id,
      installment.student_due_date,
      installment.status::text as status,
      installment.status::text = change_status.to_status and installment.id = any (updated_ids) as is_changed
    from public.installments as installment
    where installment.id = any (change_status.wanted_ids)
  ) as stored;
end
$function$;

revoke all on function jobs.change_status(uuid[], text, text, date)
  from public, anon, authenticated, service_role;

comment on function jobs.change_status(uuid[], text, text, date) is
  'Changes the status of installments that have from_status and, if due_before is given, are due before it. '
  'Returns those that it has changed, with their due dates, and how many a trigger has left as they were.';
