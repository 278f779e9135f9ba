create function jobs.report_supervisor_problems(as_of timestamptz default now())
returns void
language plpgsql
set search_path = ''
as $function$
declare
  problem text;
  last_status text;
begin
  delete from jobs.supervisor_problems as known
  where known.tried_at < report_supervisor_problems.as_of - interval '10 minutes';

  -- A step that failed once may have met a lock.
  select string_agg(format('%s: %s', known.step, known.problem), E'\n' order by known.since, known.step)
  into problem
  from jobs.supervisor_problems as known
  where known.since < report_supervisor_problems.as_of - interval '30 seconds';

  select run.status
  into last_status
  from public.jobs_log as run
  where run.job_name = any (array['job-supervisor'])
    and run.started_at <= report_supervisor_problems.as_of
  order by run.job_name, run.started_at desc
  limit 1;

  if problem is not null and last_status is distinct from 'failed' then
    insert into public.jobs_log (job_name, started_at, completed_at, status, error_message)
    values (
      'job-supervisor',
      report_supervisor_problems.as_of,
      report_supervisor_problems.as_of,
      'failed',
      'A step of the supervisor fails. The others are done. ' || problem
    );
  elsif last_status = 'failed' and not exists (
    select 1
    from jobs.supervisor_problems
  ) then
    insert into public.jobs_log (job_name, started_at, completed_at, status)
    values (
      'job-supervisor',
      report_supervisor_problems.as_of,
      report_supervisor_problems.as_of,
      'success'
    );
  end if;
end
$function$;

revoke all on function jobs.report_supervisor_problems(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.report_supervisor_problems(timestamptz) is
  'Logs a failed run of job-supervisor when a step of the supervisor has failed twice in a row, which raises run_failed, '
  'and a successful one when all steps work again. Idempotent: one row each.';
