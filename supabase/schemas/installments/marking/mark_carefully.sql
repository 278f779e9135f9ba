create function jobs.mark_carefully(
  due_from date,
  due_before date,
  agencies uuid[],
  batch_size int,
  out ids uuid[],
  out agency_ids uuid[],
  out due_dates date[],
  out failures jsonb,
  out picked_count int
)
language plpgsql
set search_path = ''
as $function$
declare
  picked record;
  changed record;
  locked boolean := true;
begin
  begin
    picked := jobs.pick_overdue(
      mark_carefully.due_from,
      mark_carefully.due_before,
      mark_carefully.agencies,
      mark_carefully.batch_size,
      true
    );
  exception
    -- Citus does not lock rows across shards.
    when feature_not_supported then
      locked := false;
      picked := jobs.pick_overdue(
        mark_carefully.due_from,
        mark_carefully.due_before,
        mark_carefully.agencies,
        mark_carefully.batch_size,
        false
      );
  end;

  changed := jobs.change_agency_by_agency(
    ids => picked.ids,
    agency_ids => picked.agency_ids,
    from_status => 'pending',
    to_status => 'overdue',
    due_before => mark_carefully.due_before,
    locked => locked
  );
  ids := changed.changed_ids;
  agency_ids := changed.changed_agencies;
  due_dates := changed.changed_due_dates;
  failures := changed.failures;
  picked_count := coalesce(cardinality(picked.ids), 0);

  -- Held rows of one due date that fill a batch would be picked again and again.
  if not locked
    and ids = '{}'
    and failures = '{}'
    and picked.due_until = mark_carefully.due_from
  then
    picked_count := 0;
  end if;
end
$function$;

revoke all on function jobs.mark_carefully(date, date, uuid[], int)
  from public, anon, authenticated, service_role;

comment on function jobs.mark_carefully(date, date, uuid[], int) is
  'Marks what jobs.pick_overdue() finds, agency by agency, and leaves rows that others hold: picked with locks or, where '
  'the database refuses them (0A000), with a lock time-out of a millisecond. '
  'Returns what was marked, as arrays of the same length, failures {agency_id: message} and how many were picked.';
