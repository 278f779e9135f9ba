create function jobs.check_last_run_failed(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  -- The person who cancelled it knows.
  is_cancelled constant boolean := jobs.is_cancelled(job.last_finished);
begin
  if (job.last_finished).status = 'failed' then
    return next (
      'last_run_failed',
      case when is_cancelled then 'warning' else 'critical' end,
      format(
        'The last run %s %s: %s',
        case when is_cancelled then 'was ended' else 'failed' end,
        jobs.time_ago((job.last_finished).completed_at, job.as_of),
        coalesce(left((job.last_finished).error_message, 500), 'it left no message.')
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_last_run_failed(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_last_run_failed(jobs.job_stats) is
  'The last run that ended has failed; a warning only when somebody cancelled it.';
