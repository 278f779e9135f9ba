create function jobs.raise_heartbeat(as_of timestamptz default now())
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  since timestamptz := raise_heartbeat.as_of - interval '7 days';
  health jsonb := public.get_job_health(as_of => raise_heartbeat.as_of);
begin
  -- This message says that all is well. A critical reason has its own alert.
  if health ->> 'status' = 'critical' then
    return null;
  end if;

  return jobs.raise_alert(
    kind => 'heartbeat',
    job_name => 'duewatch',
    details => jsonb_build_object(
      'since', since,
      'jobs', (
        select coalesce(
          jsonb_agg(
            jsonb_build_object(
              'job_name', job.job_name,
              'runs', counted.runs,
              'failed_runs', counted.failed_runs,
              'last_success_at', (job.last_success).started_at
            )
            order by job.job_name
          ),
          '[]'
        )
        from jobs.job_stats(raise_heartbeat.as_of) as job
        cross join lateral (
          select
            count(*) as runs,
            count(*) filter (where run.status = 'failed' and not run.is_cancelled) as failed_runs
          from public.jobs_log as run
          where run.job_name = job.job_name
            and run.status <> 'running'
            and run.started_at > since
            and run.started_at <= raise_heartbeat.as_of
        ) as counted
      ),
      'warnings', jsonb_path_query_array(health, '$.system.reasons[*].message')
        || jsonb_path_query_array(health, '$.jobs[*].reasons[*].message')
    ),
    as_of => raise_heartbeat.as_of
  );
end
$function$;

revoke all on function jobs.raise_heartbeat(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_heartbeat(timestamptz) is
  'Reports on every channel that all is well: each job with its runs of the last seven days, and warnings if there are '
  'any. Raises nothing while something is critical. Not idempotent: each call is one message. '
  'Returns the id of the alert, or null.';
