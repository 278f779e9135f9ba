create function jobs.check_disabled_but_scheduled(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if job.entry_active and not (job.definition).enabled then
    return next (
      'disabled_but_scheduled',
      'critical',
      format(
        'The job is registered as disabled, but its pg_cron entry %s is active. It runs, and a missed run is not noticed.',
        (job.definition).cron_job_name
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_disabled_but_scheduled(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_disabled_but_scheduled(jobs.job_stats) is
  'The job is registered as disabled, and its entry in cron.job is active.';
