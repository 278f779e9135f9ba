create function jobs.schedule_supervision()
returns void
language sql
set search_path = ''
as $function$
  select cron.alter_job(
    job_id => cron.schedule(
      job_name => entry.name,
      schedule => entry.schedule,
      command => entry.command
    ),
    active => true
  )
  from (
    values
      ('job-supervisor', '* * * * *', jobs.supervisor_command()),
      ('check-job-health-hourly', '0 * * * *', 'select jobs.check_health()')
  ) as entry (name, schedule, command);
$function$;

revoke all on function jobs.schedule_supervision()
  from public, anon, authenticated, service_role;

comment on function jobs.schedule_supervision() is
  'Schedules the pg_cron entries job-supervisor (every minute) and check-job-health-hourly, active. Idempotent. Call '
  'it as the role that pg_cron is to run as: postgres.';
