create function jobs.close_incidents_silently(
  job_name text,
  as_of timestamptz default now()
)
returns int
language sql
set search_path = ''
as $function$
  delete from jobs.failing_items as known
  where known.job_name = close_incidents_silently.job_name;

  with closed as (
    update jobs.incidents as incident
    set closed_at = greatest(close_incidents_silently.as_of, incident.opened_at)
    where incident.job_name = close_incidents_silently.job_name
      and incident.closed_at is null
    returning incident.id
  )
  select count(*)::int
  from closed;
$function$;

revoke all on function jobs.close_incidents_silently(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.close_incidents_silently(text, timestamptz) is
  'Closes the open incidents of a job without an alert and forgets its failing items: for a job that will not run again, '
  'or after a test of the alerts. Idempotent. Returns how many were open.';
