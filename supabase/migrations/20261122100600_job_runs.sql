-- The life of a run: start (single flight), progress, end, and the end of those that died.
--
-- Why:       the state of a run is its row in jobs_log and nothing else, so a
--            run survives lost answers, retries and killed processes.
-- Locks:     nothing that exists.
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
      'Its process was probably killed, or the database restarted under it. %s records had been updated%s; that stays.',
      jobs.max_runtime(run.job_name),
      coalesce(run.records_updated, 0),
      case
        when run.items_total is not null
          then format(' and %s of %s items processed', coalesce(run.items_processed, 0), run.items_total)
      end
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

create table jobs.start_locks (
  job_name text not null,
  constraint start_locks_pkey primary key (job_name)
);

alter table jobs.start_locks enable row level security;

revoke all on table jobs.start_locks
  from public, anon, authenticated, service_role;

comment on table jobs.start_locks is
  'One row per job that was ever started, registered or not. start_job_run() locks it while it looks for a running run '
  'and starts one. Nobody else can: the rows are out of everybody''s reach, as an advisory lock is not.';

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
  'max_runtime, below zero when it is over; not acquired: run_id is the run that holds the job, or this run when it has '
  'finished before (status says which).';

create function jobs.hold_running_run(run_id uuid)
returns public.jobs_log
language plpgsql
set search_path = ''
as $function$
declare
  run public.jobs_log;
begin
  select *
  into run
  from public.jobs_log as logged
  where logged.id = hold_running_run.run_id
  for update;

  if not found then
    raise exception 'there is no run %', hold_running_run.run_id
      using errcode = 'PT404';
  end if;

  if run.status <> 'running' then
    raise exception 'run % is not running any more: %', run.id, run.status
      using
        errcode = 'PT409',
        detail = coalesce(run.error_message, '');
  end if;

  return run;
end
$function$;

revoke all on function jobs.hold_running_run(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.hold_running_run(uuid) is
  'Locks the row of a run that is at work and returns it. '
  'Raises PT404 for an unknown run and PT409 for one that is not running any more (reaped, for instance).';

create function public.report_job_progress(
  run_id uuid,
  items_total int,
  items_processed int,
  items_failed int default 0,
  errors jsonb default null,
  records_updated int default null
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $function$
declare
  run public.jobs_log := jobs.hold_running_run(report_job_progress.run_id);
begin
  -- A report that a later one has overtaken takes nothing back.
  update public.jobs_log as logged
  set
    items_total = greatest(run.items_total, report_job_progress.items_total),
    items_processed = greatest(run.items_processed, report_job_progress.items_processed),
    items_failed = greatest(run.items_failed, report_job_progress.items_failed),
    records_updated = greatest(run.records_updated, report_job_progress.records_updated),
    errors = case
      when jsonb_array_length(report_job_progress.errors) > coalesce(jsonb_array_length(run.errors), 0)
        then report_job_progress.errors
      else run.errors
    end
  where logged.id = run.id
  returning *
  into run;

  return jsonb_build_object(
    'items_total', run.items_total,
    'items_processed', run.items_processed,
    'items_failed', run.items_failed,
    'records_updated', coalesce(run.records_updated, 0)
  );
end
$function$;

revoke all on function public.report_job_progress(uuid, int, int, int, jsonb, int)
  from public, anon, authenticated, service_role;
grant execute on function public.report_job_progress(uuid, int, int, int, jsonb, int)
  to service_role;

comment on function public.report_job_progress(uuid, int, int, int, jsonb, int) is
  'Writes into a running run''s log row how far it has come with its items. The counts are of the run so far, not of the '
  'last step, and never go down: a report may be repeated or come late. errors is the list of the run so far, too. '
  'Defaults: no item failed, errors and records_updated as they are. '
  'Raises PT404 for an unknown run and PT409 for one that is not running any more (reaped, for instance). '
  'Returns {items_total, items_processed, items_failed, records_updated} as they now stand.';

create function public.finish_job_run(
  run_id uuid,
  status text default 'success',
  error_message text default null,
  metadata jsonb default '{}',
  records_updated int default null,
  items_total int default null,
  items_processed int default null,
  items_failed int default null,
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
  failed_count int;
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
    run.items_failed := coalesce(finish_job_run.items_failed, run.items_failed);
    run.errors := coalesce(finish_job_run.errors, run.errors);

    select coalesce(max(definition.failed_error_ratio), 0.50)
    into failed_error_ratio
    from jobs.definitions as definition
    where definition.job_name = run.job_name;

    failed_count := greatest(run.items_failed, jsonb_array_length(run.errors), 0);
    if run.status = 'success' and failed_count > run.items_total * failed_error_ratio then
      run.status := 'failed';
      run.error_message := format(
        '%s of %s items failed, more than %s %%. The first: %s',
        failed_count,
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
      items_failed = run.items_failed,
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
    'items_failed', greatest(run.items_failed, jsonb_array_length(run.errors), 0),
    'error_message', run.error_message,
    'errors', coalesce(run.errors, '[]'),
    'metadata', coalesce(run.metadata, '{}')
  );
end
$function$;

revoke all on function public.finish_job_run(
  uuid, text, text, jsonb, int, int, int, int, jsonb, timestamptz
)
  from public, anon, authenticated, service_role;
grant execute on function public.finish_job_run(
  uuid, text, text, jsonb, int, int, int, int, jsonb, timestamptz
)
  to service_role;

comment on function public.finish_job_run(
  uuid, text, text, jsonb, int, int, int, int, jsonb, timestamptz
) is
  'Ends a run as success or failed and returns it. metadata is merged over what the row has; arguments left null keep '
  'what the row has. A success in which more than the job''s failed_error_ratio of the items failed becomes failed. '
  'Idempotent: a run that has ended, or was reaped, is returned unchanged. '
  'Raises PT404 for an unknown run. '
  'Returns {run_id, job_name, status, started_at, completed_at, duration_ms, records_updated, items_total, '
  'items_processed, items_failed, error_message, errors, metadata}.';
