create function jobs.unschedule(cron_job_name text)
returns void
language sql
set search_path = ''
as $function$
  select cron.unschedule(entry.jobid)
  from cron.job as entry
  where entry.jobname = unschedule.cron_job_name
    and entry.username = current_user;
$function$;

revoke all on function jobs.unschedule(text)
  from public, anon, authenticated, service_role;

comment on function jobs.unschedule(text) is
  'Removes our pg_cron entry of that name. Idempotent: unlike cron.unschedule(), it does not raise for a missing entry.';
