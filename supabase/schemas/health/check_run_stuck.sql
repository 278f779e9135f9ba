create function jobs.check_run_stuck(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
  max_runtime constant interval := jobs.max_runtime(job.job_name);
  stuck record;
begin
  for stuck in
    select
      run.id,
      run.started_at
    from public.jobs_log as run
    where run.job_name = job.job_name
      and run.status = 'running'
      and (
        run.started_at <= job.as_of - max_runtime - limits.stuck_grace
        or run.started_at > job.as_of + limits.stuck_grace
      )
    order by run.started_at
    limit 1
  loop
    return next (
      'run_stuck',
      'critical',
      case
        when stuck.started_at > job.as_of then
          format(
            'Run %s is running, although it starts in %s. No other run can start before it is over.',
            stuck.id,
            jobs.duration_text(stuck.started_at - job.as_of)
          )
        else format(
          'Run %s has been running for %s, longer than its time limit of %s, and has not been ended.',
          stuck.id,
          jobs.duration_text(job.as_of - stuck.started_at),
          jobs.duration_text(max_runtime)
        )
      end
    )::jobs.health_reason;
  end loop;
end
$function$;

revoke all on function jobs.check_run_stuck(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_run_stuck(jobs.job_stats) is
  'A run is past max_runtime, and the supervisor has not ended it within its grace, or a running run starts in the '
  'future. Reports the oldest.';
