create function jobs.overdue_slices(
  agency_ids uuid[],
  overdue_before date[]
)
returns table (due_from date, due_before date, agencies uuid[])
language sql
immutable
set search_path = ''
as $function$
  with cutoff as (
    select *
    from unnest(overdue_slices.agency_ids, overdue_slices.overdue_before)
      as given (agency_id, overdue_before)
  )
  select
    coalesce(lag(day.overdue_before) over (order by day.overdue_before), '-infinity'),
    day.overdue_before,
    array(
      select cutoff.agency_id
      from cutoff
      where cutoff.overdue_before >= day.overdue_before
    )
  from (
    select distinct cutoff.overdue_before
    from cutoff
  ) as day
  order by day.overdue_before;
$function$;

revoke all on function jobs.overdue_slices(uuid[], date[])
  from public, anon, authenticated, service_role;

comment on function jobs.overdue_slices(uuid[], date[]) is
  'Cuts the due dates into slices: a due date in a slice (from due_from, before due_before) is overdue for exactly the '
  'agencies of the slice. At one instant agencies differ by three days at most, so there are few slices. Oldest first.';
