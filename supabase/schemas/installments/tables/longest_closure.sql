create function jobs.longest_closure(
  agency_id uuid,
  closed_weekdays smallint[],
  out first_day date,
  out days int
)
language sql
stable
set search_path = ''
as $function$
  with closed as (
    select
      closed_day.day,
      (
        select min(closed_day.day + ahead)
        from generate_series(1, 7) as ahead
        where extract(isodow from closed_day.day + ahead) <> all (longest_closure.closed_weekdays)
      ) as opens
    from public.agency_closed_days as closed_day
    where closed_day.agency_id = longest_closure.agency_id
      and extract(isodow from closed_day.day) <> all (longest_closure.closed_weekdays)
  ),
  linked as (
    select
      closed.day,
      closed.opens,
      closed.day is distinct from lag(closed.opens) over (order by closed.day) as begins
    from closed
  ),
  numbered as (
    select
      linked.day,
      linked.opens,
      count(*) filter (where linked.begins) over (order by linked.day) as closure
    from linked
  )
  select
    min(numbered.day),
    max(numbered.opens) - min(numbered.day)
  from numbered
  group by numbered.closure
  order by
    2 desc,
    1
  limit 1;
$function$;

revoke all on function jobs.longest_closure(uuid, smallint[])
  from public, anon, authenticated, service_role;

comment on function jobs.longest_closure(uuid, smallint[]) is
  'The longest time for which an agency''s closed days, together with closed weekdays, leave no day open: from first_day '
  'for so many days. Null for an agency without closed days.';
