create function jobs.own_entries()
returns table (
  name text,
  schedule text,
  command text
)
language sql
stable
set search_path = ''
as $function$
  values
    ('job-supervisor', '* * * * *', jobs.supervisor_command()),
    ('job-due-checks', '* * * * *', jobs.due_check_command()),
    ('check-job-health-hourly', '0 * * * *', 'select jobs.check_health()'),
    ('jobs-retention', '23 3 * * *', 'select jobs.prune()')

  union all

  select
    heartbeat.name,
    heartbeat.schedule,
    'select jobs.raise_heartbeat()'
  from jobs.heartbeat;
$function$;

revoke all on function jobs.own_entries()
  from public, anon, authenticated, service_role;

comment on function jobs.own_entries() is
  'The pg_cron entries that watch over the jobs, as they have to be: name, schedule, command. Scheduled by '
  'jobs.schedule_supervision(); the health report compares pg_cron with them. The entries of the jobs are in '
  'jobs.definitions.';
