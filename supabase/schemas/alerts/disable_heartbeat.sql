create function jobs.disable_heartbeat()
returns void
language sql
set search_path = ''
as $function$
  select jobs.unschedule('job-heartbeat-weekly');
$function$;

revoke all on function jobs.disable_heartbeat()
  from public, anon, authenticated, service_role;

comment on function jobs.disable_heartbeat() is
  'Turns the heartbeat off. Idempotent.';
