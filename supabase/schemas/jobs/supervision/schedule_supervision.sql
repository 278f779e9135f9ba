create function jobs.schedule_supervision()
returns void
language sql
set search_path = ''
as $function$
  select jobs.schedule_own_entry(job_name => entry.name)
  from jobs.own_entries() as entry;
$function$;

revoke all on function jobs.schedule_supervision()
  from public, anon, authenticated, service_role;

comment on function jobs.schedule_supervision() is
  'Schedules the pg_cron entries of jobs.own_entries(), active: supervisor, due checks, hourly health check, retention, and the '
  'heartbeat if it is on. Idempotent. Call it as the role that pg_cron runs jobs as: postgres.';
