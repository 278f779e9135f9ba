create function jobs.enable_heartbeat(schedule text default '0 8 * * 1')
returns void
language sql
set search_path = ''
as $function$
  insert into jobs.heartbeat (schedule)
  values (enable_heartbeat.schedule)
  on conflict on constraint heartbeat_pkey do update
  set schedule = excluded.schedule;

  select jobs.schedule_own_entry(job_name => 'job-heartbeat-weekly');
$function$;

revoke all on function jobs.enable_heartbeat(text)
  from public, anon, authenticated, service_role;

comment on function jobs.enable_heartbeat(text) is
  'Turns the heartbeat on: pg_cron raises it, by default on Mondays at 08:00 UTC. Off until this is called. Idempotent. '
  'jobs.disable_heartbeat() turns it off.';
