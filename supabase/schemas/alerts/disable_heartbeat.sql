create function jobs.disable_heartbeat()
returns void
language sql
set search_path = ''
as $function$
  select jobs.unschedule(heartbeat.name)
  from jobs.heartbeat;

  delete from jobs.heartbeat
  where true;
$function$;

revoke all on function jobs.disable_heartbeat()
  from public, anon, authenticated, service_role;

comment on function jobs.disable_heartbeat() is
  'Turns the heartbeat off. Idempotent.';
