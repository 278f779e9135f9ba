create function jobs.scheduled_entries()
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_object_agg(entry.jobid, jsonb_build_array(entry.jobname, entry.schedule, entry.command, entry.active)),
    '{}'
  )
  from cron.job as entry
  where entry.username = jobs.entry_owner()
    and entry.database = current_database();
$function$;

revoke all on function jobs.scheduled_entries()
  from public, anon, authenticated, service_role;

comment on function jobs.scheduled_entries() is
  'The pg_cron entries of the role that runs the jobs, by their id: name, schedule, command, active. To compare before '
  'and after.';
