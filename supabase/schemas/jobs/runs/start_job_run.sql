create function public.start_job_run(
  job_name text,
  run_id uuid default gen_random_uuid(),
  trigger_source text default 'manual',
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  holder public.jobs_log;
  acquired boolean;
  longest interval := jobs.max_runtime(start_job_run.job_name);
begin
  if nullif(btrim(start_job_run.job_name), '') is null then
    raise exception 'job_name is required'
      using errcode = 'invalid_parameter_value';
  end if;

  -- An older snapshot would not see the run that another caller has just started.
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'start_job_run needs the isolation level read committed'
      using errcode = 'invalid_transaction_state';
  end if;

  -- Two callers that both see no running run would both start one.
  insert into jobs.start_locks (job_name)
  values (start_job_run.job_name)
  on conflict on constraint start_locks_pkey do update
  set job_name = excluded.job_name;

  select *
  into holder
  from public.jobs_log as run
  where run.id = start_job_run.run_id;

  if found then
    if holder.job_name <> start_job_run.job_name then
      raise exception 'run % belongs to the job %', start_job_run.run_id, holder.job_name
        using errcode = 'PT409';
    end if;
    acquired := holder.status = 'running';
  else
    perform jobs.reap_runs(start_job_run.job_name, start_job_run.as_of);

    select *
    into holder
    from public.jobs_log as run
    where run.job_name = start_job_run.job_name
      and run.status = 'running'
    order by run.started_at
    limit 1;

    acquired := not found;
    if acquired then
      insert into public.jobs_log (id, job_name, started_at, status, trigger_source)
      values (
        coalesce(start_job_run.run_id, gen_random_uuid()),
        start_job_run.job_name,
        start_job_run.as_of,
        'running',
        start_job_run.trigger_source
      )
      returning *
      into holder;
    end if;
  end if;

  return jsonb_build_object(
    'acquired', acquired,
    'run_id', holder.id,
    'status', holder.status,
    'started_at', holder.started_at,
    'max_runtime_seconds', extract(epoch from longest)::int,
    'remaining_seconds', extract(epoch from holder.started_at + longest - start_job_run.as_of)::numeric(20, 3)
  );
end
$function$;

revoke all on function public.start_job_run(text, uuid, text, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.start_job_run(text, uuid, text, timestamptz)
  to service_role;

comment on function public.start_job_run(text, uuid, text, timestamptz) is
  'Starts a run, unless the job is running already: single flight per job name. '
  'Runs that are older than max_runtime are reaped first, so that a killed run does not block the next one. '
  'Defaults: a new run id, trigger_source manual, as_of now(). '
  'Idempotent per run id: called again while the run is running, it returns the same run, acquired, to be resumed. '
  'Returns {acquired, run_id, status, started_at, max_runtime_seconds, remaining_seconds}, the last being what is left of '
  'max_runtime, negative when it is over. If not acquired, run_id is the run that is running, or this run if it has ended '
  'before (see status).';
