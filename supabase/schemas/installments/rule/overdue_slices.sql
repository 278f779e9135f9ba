create function jobs.overdue_slices(dates date[])
returns table (due_from date, due_before date)
language sql
immutable
set search_path = ''
as $function$
  select
    coalesce(lag(day.date) over (order by day.date), '-infinity'),
    day.date
  from (
    select distinct given.date
    from unnest(overdue_slices.dates) as given (date)
    where given.date is not null
  ) as day
  order by day.date;
$function$;

revoke all on function jobs.overdue_slices(date[])
  from public, anon, authenticated, service_role;

comment on function jobs.overdue_slices(date[]) is
  'Cuts the due dates into slices by the dates of the agencies (overdue_before): a due date in a slice (from due_from, '
  'before due_before) is overdue for exactly the agencies whose date is due_before or later. At one instant there are '
  'about three slices for each length of grace. Oldest first.';
