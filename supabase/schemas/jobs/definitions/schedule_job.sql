create function jobs.schedule_job(job_name text)
returns void
language sql
set search_path = ''
as $function$
  select jobs.assert_entry_owner();

  select cron.alter_job(
    job_id => cron.schedule(
      job_name => definition.cron_job_name,
      schedule => definition.schedule,
      command => jobs.dispatch_command(definition.job_name)
    ),
    active => definition.enabled and not jobs.is_paused(definition.job_name)
  )
  from jobs.definitions as definition
  where definition.job_name = schedule_job.job_name;
$function$;

revoke all on function jobs.schedule_job(text)
  from public, anon, authenticated, service_role;

comment on function jobs.schedule_job(text) is
  'Schedules a registered job in pg_cron as it is registered, or brings its entry up to date. The entry of a job that is '
  'paused or disabled is inactive. Idempotent. Raises 42501 for another role than jobs.entry_owner().';
