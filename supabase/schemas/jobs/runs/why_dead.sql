create function jobs.why_dead(
  run public.jobs_log,
  as_of timestamptz default now()
)
returns text
language sql
stable
set search_path = ''
as $function$
  select case
    when (why_dead.run).status <> 'running' then
      null
    when (why_dead.run).started_at <= why_dead.as_of - jobs.max_runtime((why_dead.run).job_name) then
      format(
        'The run was still not finished after %s, the longest it may take (max_runtime). '
        'Its process was probably killed, or the database was restarted.',
        jobs.max_runtime((why_dead.run).job_name)
      )
    when worker.heard_at <= why_dead.as_of - interval '1 minute' then
      format(
        'The run had reported its progress every few seconds, and then not for %s. '
        'Its process was probably killed, or cannot reach the database.',
        date_trunc('second', why_dead.as_of - worker.heard_at)
      )
    -- An Edge Function starts within seconds, and tries for a minute and a half
    -- to reach the database.
    when worker.awaited_since <= why_dead.as_of - interval '2 minutes' then
      format(
        'The function was called and did not answer, and it has not begun the run within %s. '
        'See the log of the function.',
        date_trunc('second', why_dead.as_of - worker.awaited_since)
      )
    -- Clocks that a failover has set back by less are no reason to end a run.
    when (why_dead.run).started_at > why_dead.as_of + interval '1 minute' then
      format(
        'The run was logged as running with a start in the future, %s, and no run of the job could start before it '
        'was over.',
        (why_dead.run).started_at
      )
  end
  from (
    select
      greatest((why_dead.run).last_progress_at, max(present.heard_at)) as heard_at,
      max(present.dispatched_at) filter (where present.token is null) as awaited_since
    from jobs.run_workers as present
    where present.run_id = (why_dead.run).id
  ) as worker;
$function$;

revoke all on function jobs.why_dead(public.jobs_log, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.why_dead(public.jobs_log, timestamptz) is
  'Why a running run is dead and has to be ended: a sentence for its error_message, or null while it may be alive.';
