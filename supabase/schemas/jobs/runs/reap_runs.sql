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
    -- What began in the future would not be the job's last run before then.
    started_at = least(run.started_at, reap_runs.as_of),
    completed_at = reap_runs.as_of,
    error_message = format(
      '%s %s records had been updated%s; those changes stay.',
      jobs.why_dead(run, reap_runs.as_of),
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
      and jobs.why_dead(dead, reap_runs.as_of) is not null
    -- A locked row belongs to a batch at work, so the run is alive.
    for update skip locked
  )
  returning run.id;
$function$;

revoke all on function jobs.reap_runs(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.reap_runs(text, timestamptz) is
  'Marks dead runs failed (jobs.why_dead), such as those that are older than their job''s max_runtime: of one job, or '
  '(default) of all. '
  'A run whose row is locked by a batch at work is left for the next call. '
  'What the runs changed stays and stays counted. Idempotent. Returns the ids of the reaped runs.';
