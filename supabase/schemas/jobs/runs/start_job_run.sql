create function public.start_job_run(
  job_name text,
  run_id uuid default gen_random_uuid(),
  trigger_source text default 'manual',
  as_of timestamptz default now(),
  token uuid default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  holder public.jobs_log;
  acquired boolean;
  waited interval;
  began_at timestamptz;
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

  waited := jobs.lock_starts(start_job_run.job_name);
  began_at := case
    when waited > interval '0' and start_job_run.as_of = now() then clock_timestamp()
    else start_job_run.as_of + waited
  end;

  select *
  into holder
  from public.jobs_log as run
  where run.id = start_job_run.run_id;

  if found then
    if holder.job_name <> start_job_run.job_name then
      raise exception 'run % belongs to the job %', start_job_run.run_id, holder.job_name
        using errcode = 'PT409';
    end if;
    acquired := holder.status = 'running'
      and jobs.take_over_run(holder.id, start_job_run.token, began_at);
    if acquired then
      select *
      into holder
      from public.jobs_log as run
      where run.id = start_job_run.run_id;
    end if;
  else
    perform jobs.reap_runs(start_job_run.job_name, began_at);

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
        began_at,
        'running',
        start_job_run.trigger_source
      )
      returning *
      into holder;

      perform jobs.take_over_run(holder.id, start_job_run.token, began_at);
    end if;
  end if;

  return jsonb_build_object(
    'acquired', acquired and holder.status = 'running',
    'run_id', holder.id,
    'status', holder.status,
    'started_at', holder.started_at,
    'max_runtime_seconds', extract(epoch from longest)::int,
    'remaining_seconds', extract(epoch from holder.started_at + longest - began_at)::numeric(20, 3)
  );
end
$function$;

revoke all on function public.start_job_run(text, uuid, text, timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.start_job_run(text, uuid, text, timestamptz, uuid)
  to service_role;

comment on function public.start_job_run(text, uuid, text, timestamptz, uuid) is
  'Starts a run, unless the job is running already: single flight per job name. '
  'Runs that are older than max_runtime are reaped first, so that a killed run does not block the next one. '
  'Defaults: a new run id, trigger_source manual, as_of now(), no token. A start that waits for another one begins after '
  'the wait. '
  'Idempotent per run id and token. The token is made by the caller, one per worker: the first to come takes the run over, '
  'also one that jobs.dispatch() left running. Called again with the same token it returns the same run, acquired; with '
  'another token the run is not acquired. A worker with a token reports its progress (report_job_progress), or the run is '
  'ended after a minute of silence. Callers without a token count as one worker, as long as no token has come. '
  'Returns {acquired, run_id, status, started_at, max_runtime_seconds, remaining_seconds}, the last being what is left of '
  'max_runtime, negative when it is over. If not acquired, run_id is the run that is running, or this run if it has ended '
  'before (see status; finish_job_run returns its result).';
