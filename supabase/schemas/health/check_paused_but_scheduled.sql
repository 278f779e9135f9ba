create function jobs.check_paused_but_scheduled(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if (job.pause).id is not null and job.entry_active then
    return next (
      'paused_but_scheduled',
      'critical',
      format(
        'The job is paused, but its pg_cron entry %s is active and starts it at %s.',
        (job.definition).cron_job_name,
        job.entry_schedule
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_paused_but_scheduled(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_paused_but_scheduled(jobs.job_stats) is
  'The job is paused, and somebody has made its entry in cron.job active.';
