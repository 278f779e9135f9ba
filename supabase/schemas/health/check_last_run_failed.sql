create function jobs.check_last_run_failed(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  if (job.last_finished).status = 'failed' then
    return next (
      'last_run_failed',
      'critical',
      format(
        'The last run failed %s: %s',
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
  'The last run that ended has failed.';
