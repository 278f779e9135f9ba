-- A weekly sign of life, for those who want one.
--
-- Why:       a monitor that is dead is as silent as one that has nothing to
--            tell. Who expects a message on Monday notices that none came.
-- Locks:     nothing that exists.
-- Take back: supabase/rollbacks/alerts.sql.

create function jobs.raise_heartbeat(as_of timestamptz default now())
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  since timestamptz := raise_heartbeat.as_of - interval '7 days';
  health jsonb := public.get_job_health(as_of => raise_heartbeat.as_of);
begin
  -- What is critical has its own alert, and this message says that all is well.
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
        from jobs.facts_of_jobs(raise_heartbeat.as_of) as job
        cross join lateral (
          select
            count(*) as runs,
            count(*) filter (where run.status = 'failed') as failed_runs
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
  'Tells on every channel that all is well: each job with its runs of the last seven days, and warnings if there are any. '
  'Says nothing while something is critical. Not idempotent: each call is one message. '
  'Returns the id of the alert, or null.';

create function jobs.enable_heartbeat(schedule text default '0 8 * * 1')
returns void
language sql
set search_path = ''
as $function$
  select cron.schedule(
    job_name => 'job-heartbeat-weekly',
    schedule => enable_heartbeat.schedule,
    command => 'select jobs.raise_heartbeat()'
  );
$function$;

revoke all on function jobs.enable_heartbeat(text)
  from public, anon, authenticated, service_role;

comment on function jobs.enable_heartbeat(text) is
  'Has pg_cron send the heartbeat; default Mondays at 08:00 UTC. Off until this is called. Idempotent. '
  'jobs.disable_heartbeat() ends it.';

create function jobs.disable_heartbeat()
returns void
language sql
set search_path = ''
as $function$
  select jobs.unschedule('job-heartbeat-weekly');
$function$;

revoke all on function jobs.disable_heartbeat()
  from public, anon, authenticated, service_role;

comment on function jobs.disable_heartbeat() is
  'Ends the heartbeat. Idempotent.';
