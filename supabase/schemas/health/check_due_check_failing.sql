create function jobs.check_due_check_failing(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  failing jobs.due_check_failures;
begin
  if (job.definition).due_check is null then
    return;
  end if;

  select *
  into failing
  from jobs.due_check_failures as noted
  where noted.job_name = job.job_name;

  if found then
    return next (
      'due_check_failing',
      -- One failure may be a lock that was held for a moment.
      case when failing.failures > 1 then 'critical' else 'warning' end,
      format(
        'The due check %s has failed %s, first %s, so only the schedule starts the job (%s). The last error: %s',
        (job.definition).due_check,
        case failing.failures when 1 then 'once' else failing.failures || ' times in a row' end,
        jobs.time_ago(failing.failing_since, job.as_of),
        (job.definition).schedule,
        failing.error
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_due_check_failing(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_due_check_failing(jobs.job_stats) is
  'The due check of the job raises an error or takes too long: a warning the first time, critical from the second on.';
