create function jobs.enable_heartbeat(schedule text default '0 8 * * 1')
returns void
language sql
set search_path = ''
as $function$
  select cron.schedule(
    job_name => 'job-heartbeat-weekly',
    schedule => enable_heartbeat.schedule,
    command => 'select jobs.raise_heartbeat()'
  );
$function$;

revoke all on function jobs.enable_heartbeat(text)
  from public, anon, authenticated, service_role;

comment on function jobs.enable_heartbeat(text) is
  'Turns the heartbeat on: pg_cron raises it, by default on Mondays at 08:00 UTC. Off until this is called. Idempotent. '
  'jobs.disable_heartbeat() turns it off.';
