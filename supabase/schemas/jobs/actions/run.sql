create function jobs.run(
  job_name text,
  reason text default null,
  requested_by text default session_user,
  timeout_ms int default 10000
)
returns jsonb
language plpgsql
set search_path = ''
as $function$
declare
  checked_reason text := case when run.reason is not null then jobs.checked_reason(run.reason) end;
  running_run_id uuid;
  requested jobs.actions;
begin
  select logged.id
  into running_run_id
  from public.jobs_log as logged
  where logged.job_name = run.job_name
    and logged.status = 'running'
    and logged.started_at > now() - jobs.max_runtime(run.job_name)
  limit 1;

  if found then
    raise exception 'the job is already running: run % holds it', running_run_id
      using errcode = 'PT409';
  end if;

  requested.run_id := jobs.dispatch(job_name => run.job_name, timeout_ms => run.timeout_ms);

  insert into jobs.actions (action, job_name, run_id, reason, requested_by, requested_at)
  values ('run', run.job_name, requested.run_id, checked_reason, run.requested_by, now())
  returning *
  into requested;

  return jobs.action_as_json(requested);
end
$function$;

revoke all on function jobs.run(text, text, text, int)
  from public, anon, authenticated, service_role;

comment on function jobs.run(text, text, text, int) is
  'Starts a job by hand, paused or not, and notes who asked: jobs.dispatch(), with a row in jobs.actions. Waits for the '
  'end of the run, timeout_ms at most (default 10 seconds); a run that takes longer goes on. '
  'Raises PT409 when the job is running already, and undefined_object for a job that is not registered. '
  'Returns the action, as jobs.action_as_json(), with the id of the run.';
