create function jobs.follow_pause(job_name text)
returns void
language sql
set search_path = ''
as $function$
  select cron.alter_job(
    job_id => entry.jobid,
    active => definition.enabled and not jobs.is_paused(definition.job_name)
  )
  from jobs.definitions as definition
  join cron.job as entry
    on entry.jobname = definition.cron_job_name
    and entry.username = jobs.entry_owner()
    and entry.database = current_database()
  where definition.job_name = follow_pause.job_name;
$function$;

revoke all on function jobs.follow_pause(text)
  from public, anon, authenticated, service_role;

comment on function jobs.follow_pause(text) is
  'Makes the pg_cron entry of a job inactive while the job is paused, and active again afterwards. Idempotent.';
