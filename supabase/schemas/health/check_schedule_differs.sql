create function jobs.check_schedule_differs(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if job.entry_active and job.entry_schedule <> (job.definition).schedule then
    return next (
      'schedule_differs',
      'warning',
      format(
        'The pg_cron entry %s runs at %s, but the job is registered for %s.',
        (job.definition).cron_job_name,
        job.entry_schedule,
        (job.definition).schedule
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_schedule_differs(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_schedule_differs(jobs.job_stats) is
  'The job''s entry in cron.job is active at other times than registered.';
