create function jobs.check_run_missed(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if job.is_missed then
    return next (
      'run_missed',
      'critical',
      format(
        'No run has succeeded for %s; one is expected every %s. %s',
        jobs.duration_text(
          job.as_of - jobs.success_awaited_since(job.definition, (job.last_success).started_at)
        ),
        jobs.duration_text((job.definition).expected_interval),
        jobs.last_run_text(job)
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_run_missed(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_run_missed(jobs.job_stats) is
  'No run that succeeded has started within expected_interval.';
