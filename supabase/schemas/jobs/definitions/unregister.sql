create function jobs.unregister(job_name text)
returns void
language sql
set search_path = ''
as $function$
  update jobs.actions as action
  set ended_at = greatest(now(), action.requested_at)
  where action.job_name = unregister.job_name
    and action.action in ('pause', 'snooze')
    and action.ended_at is null;

  select jobs.unschedule(definition.cron_job_name)
  from jobs.definitions as definition
  where definition.job_name = unregister.job_name;

  delete from jobs.definitions as definition
  where definition.job_name = unregister.job_name;
$function$;

revoke all on function jobs.unregister(text)
  from public, anon, authenticated, service_role;

comment on function jobs.unregister(text) is
  'Removes a job''s definition and its pg_cron entry, and ends its pause and its snooze. Its runs stay in jobs_log. '
  'Idempotent.';
