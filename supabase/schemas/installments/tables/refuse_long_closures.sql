create function jobs.refuse_long_closures(agency_ids uuid[])
returns void
language plpgsql
set search_path = ''
as $function$
declare
  longest record;
begin
  with closed as (
    select
      agency.id,
      agency.name::text as name,
      closed_day.day,
      case
        when extract(isodow from closed_day.day + 1) <> all (agency.closed_weekdays) then closed_day.day + 1
        else (
          select min(closed_day.day + ahead)
          from generate_series(2, 7) as ahead
          where extract(isodow from closed_day.day + ahead) <> all (agency.closed_weekdays)
        )
      end as opens
    from public.agency_closed_days as closed_day
    join public.agencies as agency
      on agency.id = closed_day.agency_id
    where agency.id = any (refuse_long_closures.agency_ids)
      and extract(isodow from closed_day.day) <> all (agency.closed_weekdays)
  ),
  linked as (
    select
      closed.*,
      closed.day is distinct from lag(closed.opens) over (partition by closed.id order by closed.day) as begins
    from closed
  ),
  numbered as (
    select
      linked.*,
      count(*) filter (where linked.begins) over (partition by linked.id order by linked.day) as closure
    from linked
  )
  select
    numbered.name,
    min(numbered.day) as first_day,
    max(numbered.opens) - min(numbered.day) as days
  into longest
  from numbered
  group by
    numbered.id,
    numbered.name,
    numbered.closure
  having max(numbered.opens) - min(numbered.day) > 366
  order by
    3 desc,
    1
  limit 1;

  if found then
    raise exception 'agency "%" would be closed for % days in a row, from % on',
      longest.name,
      longest.days,
      longest.first_day
      using
        errcode = 'check_violation',
        constraint = 'agency_closed_days_closure_check',
        hint = 'Nothing becomes overdue while an agency is closed. At most 366 days in a row may be closed.';
  end if;
end
$function$;

revoke all on function jobs.refuse_long_closures(uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.refuse_long_closures(uuid[]) is
  'Raises check_violation (23514) when closed days, together with closed weekdays, leave no day open for more than 366 '
  'days in a row at one of these agencies.';
