create function jobs.check_catch_up_given_up(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  since_success record;
begin
  if not (job.definition).catch_up then
    return;
  end if;

  since_success := jobs.failures_in_a_row(
    job_name => job.job_name,
    last_success_at => (job.last_success).started_at,
    as_of => job.as_of
  );
  if since_success.failures >= (job.definition).max_catch_ups then
    return next (
      'catch_up_given_up',
      'critical',
      format(
        '%s runs in a row have failed, the last %s. The supervisor does not try again: the next tick does (%s), or a '
          'person.',
        since_success.failures,
        jobs.time_ago(since_success.last_failed_at, job.as_of),
        (job.definition).schedule
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_catch_up_given_up(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_catch_up_given_up(jobs.job_stats) is
  'max_catch_ups runs in a row have failed, and the supervisor has stopped to start catch-up runs.';
