create function jobs.check_schedule_inactive(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if not job.entry_active then
    return next (
      'schedule_inactive',
      'critical',
      format(
        'The pg_cron entry %s is inactive, so nothing starts the job at %s. %s',
        (job.definition).cron_job_name,
        (job.definition).schedule,
        jobs.last_run_text(job)
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_schedule_inactive(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_schedule_inactive(jobs.job_stats) is
  'The job''s entry in cron.job is inactive.';
