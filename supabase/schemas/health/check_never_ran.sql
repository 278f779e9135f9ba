create function jobs.check_never_ran(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
begin
  if (job.last_run).id is null
    and not job.is_missed
    and (job.definition).enabled_at >= job.as_of - limits.never_ran_for then
    return next (
      'never_ran',
      'warning',
      format(
        'Enabled %s; first run expected within %s.',
        jobs.time_ago((job.definition).enabled_at, job.as_of),
        jobs.duration_text((job.definition).expected_interval)
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_never_ran(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_never_ran(jobs.job_stats) is
  'The job was enabled within never_ran_for and has no run yet. Once its run is missed, run_missed says so instead.';
