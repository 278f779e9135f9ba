create function jobs.agency_cutoffs(
  as_of timestamptz default now(),
  only_agency uuid default null,
  other_timezone text default null,
  other_cutoff_time time default null,
  other_grace_days int default null
)
returns table (
  agency_id uuid,
  overdue_before date,
  timezone text,
  local_time timestamp,
  cutoff_time time,
  grace_days int,
  closed_weekdays smallint[]
)
language sql
stable
set search_path = ''
-- It takes milliseconds, and would be compiled for longer.
set jit = off
-- What most callers may see. So the planner goes by the indexes of what belongs to
-- an agency, and does not read whole tables.
rows 10
begin atomic
  with recursive agency as not materialized (
    select
      stored.id,
      coalesce(agency_cutoffs.other_timezone, stored.timezone::text) as timezone,
      coalesce(agency_cutoffs.other_cutoff_time, stored.overdue_cutoff_time, '17:00') as cutoff_time,
      coalesce(agency_cutoffs.other_grace_days, stored.grace_days, 0)::int as grace_days,
      coalesce(stored.closed_weekdays, '{}')::smallint[] as closed_weekdays
    from (
      -- Two queries, so that one agency is found by its id.
      select
        one.id,
        one.timezone,
        one.overdue_cutoff_time,
        one.grace_days,
        one.closed_weekdays
      from public.agencies as one
      where one.id = agency_cutoffs.only_agency
      union all
      select
        each.id,
        each.timezone,
        each.overdue_cutoff_time,
        each.grace_days,
        each.closed_weekdays
      from public.agencies as each
      where agency_cutoffs.only_agency is null
    ) as stored
  ),
  clock as materialized (
    select
      zone.timezone,
      local.at,
      local.at::date as today,
      extract(isodow from local.at)::smallint as weekday,
      extract(isodow from local.at::date - 1)::smallint as weekday_before
    from (
      select distinct agency.timezone
      from agency
    ) as zone
    cross join lateral jobs.local_time(agency_cutoffs.as_of, zone.timezone) as local (at)
  ),
  -- The last day whose cut-off has passed: today or the day before.
  ended as materialized (
    select
      agency.*,
      clock.at as local_time,
      clock.today - (clock.at::time < agency.cutoff_time)::int as day,
      case when clock.at::time < agency.cutoff_time then clock.weekday_before else clock.weekday end
        = any (agency.closed_weekdays) as is_closed_weekday
    from agency
    left join clock
      on clock.timezone = agency.timezone
  ),
  closed_that_day as materialized (
    select
      closed_day.agency_id,
      closed_day.day
    from public.agency_closed_days as closed_day
    where closed_day.day = any (
      array(
        select clock.today - back
        from clock
        cross join generate_series(0, 1) as back
      )
    )
  ),
  -- Where that day is closed, the days before it, as long as they are closed.
  closed as (
    (
      select
        ended.id,
        ended.closed_weekdays,
        ended.day
      from ended
      where ended.is_closed_weekday
      union
      select
        ended.id,
        ended.closed_weekdays,
        ended.day
      from closed_that_day
      join ended
        on ended.id = closed_that_day.agency_id
        and ended.day = closed_that_day.day
      -- On an ordinary day, nothing is joined.
      where exists (
        select 1
        from closed_that_day
      )
    )
    union all
    select
      closed.id,
      closed.closed_weekdays,
      closed.day - 1
    from closed
    where extract(isodow from closed.day - 1)::smallint = any (closed.closed_weekdays)
      or exists (
        select 1
        from public.agency_closed_days as closed_day
        where closed_day.agency_id = closed.id
          and closed_day.day = closed.day - 1
        -- A fence. One look each into the index is cheaper than to read the table.
        offset 0
      )
  ),
  last_open as (
    select
      closed.id,
      min(closed.day) - 1 as day
    from closed
    group by closed.id
  )
  select
    ended.id,
    coalesce(last_open.day, ended.day) - ended.grace_days + 1,
    ended.timezone,
    ended.local_time,
    ended.cutoff_time,
    ended.grace_days,
    ended.closed_weekdays
  from ended
  left join last_open
    on last_open.id = ended.id;
end;

revoke all on function jobs.agency_cutoffs(timestamptz, uuid, text, time, int)
  from public, anon, authenticated, service_role;
grant execute on function jobs.agency_cutoffs(timestamptz, uuid, text, time, int)
  to authenticated, service_role;

comment on function jobs.agency_cutoffs(timestamptz, uuid, text, time, int) is
  'The rule, per agency: installments with a student_due_date before overdue_before are overdue at as_of (default now()). '
  'A due date becomes overdue grace_days later, moved on to the next day that is open, at the cut-off. So the last open '
  'day whose cut-off has passed decides, less the grace. '
  'Null where the agency has no time zone that the server knows. One row per agency that the caller may see, or only_agency '
  'alone, with the settings that were used: other_timezone, other_cutoff_time and other_grace_days replace those of every '
  'agency. Its body is parsed when it is created, so that signed-in users can call it through views without access to the '
  'schema jobs.';
