create function jobs.raise_alerts_of_ended_runs(ended uuid[])
returns void
language plpgsql
set search_path = ''
as $function$
begin
  perform jobs.raise_run_alerts(run_id => latest.id, failures => latest.times)
  from (
    select distinct on (run.job_name, run.status)
      run.id,
      run.job_name,
      run.completed_at,
      (count(*) over (partition by run.job_name, run.status))::int as times
    from public.jobs_log as run
    where run.id = any (raise_alerts_of_ended_runs.ended)
      and not jobs.is_cancelled(run)
    order by run.job_name, run.status, run.completed_at desc, run.id
  ) as latest
  order by latest.job_name, latest.completed_at;
end
$function$;

revoke all on function jobs.raise_alerts_of_ended_runs(uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.raise_alerts_of_ended_runs(uuid[]) is
  'Raises the alerts of runs that one statement has ended: of each job, those of its last success and its last failure. '
  'So a history that is loaded in one statement is reported once. A run that somebody cancelled raises none.';
