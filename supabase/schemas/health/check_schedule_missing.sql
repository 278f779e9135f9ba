create function jobs.check_schedule_missing(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if job.entry_active is null then
    return next (
      'schedule_missing',
      'critical',
      format(
        'The pg_cron entry %s is missing, so nothing starts the job at %s. %s',
        (job.definition).cron_job_name,
        (job.definition).schedule,
        jobs.last_run_text(job)
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_schedule_missing(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_schedule_missing(jobs.job_stats) is
  'The job has no entry in cron.job.';
