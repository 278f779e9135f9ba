create function jobs.check_not_turned_on(job jobs.job_stats)
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  -- Both are the instant of the transaction that registered it.
  if (job.pause).requested_at <= (job.definition).created_at then
    return next (
      'not_turned_on',
      'info',
      format(
        'The job is installed and not turned on. %s To turn it on: select jobs.resume(%L);',
        (job.pause).reason,
        job.job_name
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_not_turned_on(jobs.job_stats)
  from public, anon, authenticated, service_role;

comment on function jobs.check_not_turned_on(jobs.job_stats) is
  'The job has been paused since it was registered, and nobody has resumed it: information, and no alarm.';
