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
      'Its process was probably killed, or the database was restarted. %s records had been updated%s; those changes stay.',
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
    -- A locked row belongs to a batch at work, so the run is alive.
    for update skip locked
  )
  returning run.id;
$function$;

revoke all on function jobs.reap_runs(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.reap_runs(text, timestamptz) is
  'Marks runs failed that are older than their job''s max_runtime: of one job, or (default) of all. '
  'A run whose row is locked by a batch at work is left for the next call. '
  'What the runs changed stays and stays counted. Idempotent. Returns the ids of the reaped runs.';
