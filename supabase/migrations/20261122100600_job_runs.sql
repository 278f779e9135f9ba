-- The life of a run: start (single flight), end, and the end of those that died.
--
-- Why:       the state of a run is its row in jobs_log and nothing else, so a
--            run survives lost answers, retries and killed processes.
-- Locks:     an advisory lock per job name, for the length of start_job_run().
-- Take back: supabase/rollbacks/main_job.sql.

create function jobs.max_runtime(job_name text)
returns interval
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    (
      select definition.max_runtime
      from jobs.definitions as definition
      where definition.job_name = max_runtime.job_name
    ),
    interval '10 minutes'
  );
$function$;

revoke all on function jobs.max_runtime(text)
  from public, anon, authenticated, service_role;

comment on function jobs.max_runtime(text) is
  'How long a run of the job may take: as registered, 10 minutes for a job that is not.';

create function jobs.reap_runs(
  job_name text default null,
  as_of timestamptz default now()
)
returns setof uuid
language sql
set search_path = ''
as $function$
  update public.jobs_log as run
  set
    status = 'failed',
    completed_at = greatest(reap_runs.as_of, run.started_at),
    error_message = format(
      'The run was still not finished after %s, the longest it may take (max_runtime). '
      'Its process was probably killed, or the database restarted under it. %s records had been updated; they stay.',
      jobs.max_runtime(run.job_name),
      coalesce(run.records_updated, 0)
    )
  where run.id in (
    select dead.id
    from public.jobs_log as dead
    where dead.status = 'running'
      and (reap_runs.job_name is null or dead.job_name = reap_runs.job_name)
      and dead.started_at <= reap_runs.as_of - jobs.max_runtime(dead.job_name)
    -- A row that is held is being worked on this moment, so it is not dead.
    for update skip locked
  )
  returning run.id;
$function$;

revoke all on function jobs.reap_runs(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.reap_runs(text, timestamptz) is
  'Marks runs failed that are older than their job''s max_runtime: of one job, or (default) of all. '
  'A run whose row is held by a batch at work is left for the next time. '
  'What they did stays and stays counted. Idempotent. Returns the ids of the runs that were reaped.';

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
  perform pg_advisory_xact_lock(
    hashtextextended('duewatch.start_job_run.' || start_job_run.job_name, 0)
  );

  select *
  into holder
  from public.jobs_log as run
  where run.id = start_job_run.run_id;

  if found then
    if holder.job_name <> start_job_run.job_name then
      raise exception 'run % belongs to the job %', start_job_run.run_id, holder.job_name
        using errcode = 'invalid_parameter_value';
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
    'max_runtime_seconds', extract(epoch from jobs.max_runtime(start_job_run.job_name))::int
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
  'Returns {acquired, run_id, status, started_at, max_runtime_seconds}; not acquired: run_id is the run that holds the '
  'job, or this run when it has finished before (status says which).';

create function public.finish_job_run(
  run_id uuid,
  status text default 'success',
  error_message text default null,
  metadata jsonb default '{}',
  records_updated int default null,
  items_total int default null,
  items_processed int default null,
  errors jsonb default null,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  run public.jobs_log;
  failed_error_ratio numeric;
  failed_items int;
begin
  if finish_job_run.status is null or finish_job_run.status not in ('success', 'failed') then
    raise exception 'a run finishes as success or failed, not as %', coalesce(finish_job_run.status, 'null')
      using errcode = 'invalid_parameter_value';
  end if;

  select *
  into run
  from public.jobs_log as logged
  where logged.id = finish_job_run.run_id
  for update;

  if not found then
    raise exception 'there is no run %', finish_job_run.run_id
      using errcode = 'PT404';
  end if;

  if run.status = 'running' then
    run.status := finish_job_run.status;
    run.error_message := coalesce(finish_job_run.error_message, run.error_message);
    run.completed_at := greatest(finish_job_run.as_of, run.started_at);
    run.metadata := coalesce(run.metadata, '{}') || coalesce(finish_job_run.metadata, '{}');
    run.records_updated := coalesce(finish_job_run.records_updated, run.records_updated);
    run.items_total := coalesce(finish_job_run.items_total, run.items_total);
    run.items_processed := coalesce(finish_job_run.items_processed, run.items_processed);
    run.errors := coalesce(finish_job_run.errors, run.errors);

    select coalesce(max(definition.failed_error_ratio), 0.50)
    into failed_error_ratio
    from jobs.definitions as definition
    where definition.job_name = run.job_name;

    failed_items := coalesce(jsonb_array_length(run.errors), 0);
    if run.status = 'success' and failed_items > run.items_total * failed_error_ratio then
      run.status := 'failed';
      run.error_message := format(
        '%s of %s items failed, more than %s %%. The first: %s',
        failed_items,
        run.items_total,
        round(failed_error_ratio * 100),
        left(run.errors -> 0 ->> 'error', 500)
      );
    end if;

    update public.jobs_log as logged
    set
      status = run.status,
      error_message = run.error_message,
      completed_at = run.completed_at,
      metadata = run.metadata,
      records_updated = run.records_updated,
      items_total = run.items_total,
      items_processed = run.items_processed,
      errors = run.errors
    where logged.id = run.id
    returning *
    into run;
  end if;

  return jsonb_build_object(
    'run_id', run.id,
    'job_name', run.job_name,
    'status', run.status,
    'started_at', run.started_at,
    'completed_at', run.completed_at,
    'duration_ms', run.duration_ms,
    'records_updated', coalesce(run.records_updated, 0),
    'items_total', run.items_total,
    'items_processed', run.items_processed,
    'error_message', run.error_message,
    'errors', coalesce(run.errors, '[]'),
    'metadata', coalesce(run.metadata, '{}')
  );
end
$function$;

revoke all on function public.finish_job_run(
  uuid, text, text, jsonb, int, int, int, jsonb, timestamptz
)
  from public, anon, authenticated, service_role;
grant execute on function public.finish_job_run(
  uuid, text, text, jsonb, int, int, int, jsonb, timestamptz
)
  to service_role;

comment on function public.finish_job_run(
  uuid, text, text, jsonb, int, int, int, jsonb, timestamptz
) is
  'Ends a run as success or failed and returns it. metadata is merged over what the row has; arguments left null keep '
  'what the row has. A success in which more than the job''s failed_error_ratio of the items failed becomes failed. '
  'Idempotent: a run that has ended, or was reaped, is returned unchanged. '
  'Raises PT404 for an unknown run. '
  'Returns {run_id, job_name, status, started_at, completed_at, duration_ms, records_updated, items_total, '
  'items_processed, error_message, errors, metadata}.';
