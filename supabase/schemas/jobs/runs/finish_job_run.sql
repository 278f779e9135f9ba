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
  as_of timestamptz default now(),
  token uuid default null
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

  run := jobs.lock_run(finish_job_run.run_id);

  if run.status = 'running' then
    if exists (
      select 1
      from jobs.run_workers as worker
      where worker.run_id = run.id
        and worker.token <> finish_job_run.token
    ) then
      raise exception 'run % is running, and another worker has taken it over', run.id
        using errcode = 'PT409';
    end if;

    run.status := finish_job_run.status;
    run.error_message := coalesce(finish_job_run.error_message, run.error_message);
    run.completed_at := greatest(finish_job_run.as_of, run.started_at);
    run.metadata := coalesce(run.metadata, '{}') || coalesce(finish_job_run.metadata, '{}');
    run.records_updated := coalesce(finish_job_run.records_updated, run.records_updated);
    run.items_total := coalesce(finish_job_run.items_total, run.items_total);
    run.items_processed := coalesce(finish_job_run.items_processed, run.items_processed);
    run.items_failed := coalesce(finish_job_run.items_failed, run.items_failed);
    run.errors := coalesce(finish_job_run.errors, run.errors);

    select coalesce(max(definition.failed_error_ratio), (jobs.defaults()).failed_error_ratio)
    into failed_error_ratio
    from jobs.definitions as definition
    where definition.job_name = run.job_name;

    failed_count := greatest(run.items_failed, jsonb_array_length(run.errors), 0);
    if run.status = 'success' and failed_count > jobs.items_judged(run) * failed_error_ratio then
      run.status := 'failed';
      run.error_message := format(
        '%s of %s items failed, more than %s %%. The first: %s',
        failed_count,
        jobs.items_judged(run),
        round(failed_error_ratio * 100),
        left(run.errors -> 0 ->> 'error', 500)
      );
    end if;

    if run.status = 'success' and jobs.is_continued(run.metadata) then
      if coalesce(run.items_processed, 0) > failed_count or run.records_updated > 0 then
        run.error_message := null;
      else
        -- A further run would end the same way.
        run.status := 'failed';
        run.error_message := coalesce(run.error_message, 'The time of the run was over before anything was done.');
      end if;
    end if;

    if run.status = 'failed' then
      run.metadata := run.metadata - 'continued';
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
    'metadata', coalesce(run.metadata, '{}'),
    'ping_url', case
      when run.status = 'success' and not jobs.is_continued(run.metadata) then
        (
          select definition.ping_url
          from jobs.definitions as definition
          where definition.job_name = run.job_name
        )
    end
  );
end
$function$;

revoke all on function public.finish_job_run(
  uuid, text, text, jsonb, int, int, int, int, jsonb, timestamptz, uuid
)
  from public, anon, authenticated, service_role;
grant execute on function public.finish_job_run(
  uuid, text, text, jsonb, int, int, int, int, jsonb, timestamptz, uuid
)
  to service_role;

comment on function public.finish_job_run(
  uuid, text, text, jsonb, int, int, int, int, jsonb, timestamptz, uuid
) is
  'Ends a run as success or failed and returns it. metadata is merged over what the row has; arguments left null keep '
  'what the row has. A success in which more than the job''s failed_error_ratio of the items failed becomes failed '
  '(jobs.items_judged). '
  'metadata.continued = true says of a success that its time was over with work left. Without progress it becomes '
  'failed, with error_message; progress is an item that worked, or a record. '
  'Idempotent: a run that has ended, or was reaped, is returned unchanged. '
  'With a token, only the worker that has taken the run over ends it (start_job_run); by default anybody does. '
  'Raises PT404 for an unknown run and PT409 for one that another worker has taken over. '
  'Returns {run_id, job_name, status, started_at, completed_at, duration_ms, records_updated, items_total, '
  'items_processed, items_failed, error_message, errors, metadata, ping_url}; ping_url is where to report a success that '
  'is not continued, if the job has it.';
