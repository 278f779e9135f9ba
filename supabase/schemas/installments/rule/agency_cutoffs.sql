create function jobs.agency_cutoffs(as_of timestamptz default now())
returns table (agency_id uuid, overdue_before date)
language sql
stable
set search_path = ''
rows 1000
as $function$
  with clocks as materialized (
    select
      zone.timezone,
      jobs.local_time(agency_cutoffs.as_of, zone.timezone) as local_time
    from (
      select distinct agency.timezone
      from public.agencies as agency
    ) as zone
  )
  select
    agency.id,
    clock.local_time::date
      + (clock.local_time::time >= coalesce(agency.overdue_cutoff_time, '17:00'))::int
  from public.agencies as agency
  left join clocks as clock
    on clock.timezone = agency.timezone;
$function$;

revoke all on function jobs.agency_cutoffs(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.agency_cutoffs(timestamptz) is
  'The rule, per agency: installments with a student_due_date before overdue_before are overdue at as_of (default now()). '
  'That is the agency''s local date, or the day after it from the second of the cut-off on. '
  'Null where the agency has no time zone that the server knows. One row per agency.';
