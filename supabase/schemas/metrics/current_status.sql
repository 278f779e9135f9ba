create function jobs.current_status(as_of timestamptz default now())
returns table (
  job_name text,
  status text,
  reasons text,
  schedule text,
  last_run_at timestamptz,
  last_run_status text,
  last_success_at timestamptz,
  hours_since_last_success numeric,
  success_rate_30d numeric,
  runs_30d bigint,
  failed_runs_30d bigint,
  slow_after_seconds numeric
)
language sql
stable
security definer
set search_path = ''
as $function$
  select
    report.job ->> 'job_name',
    report.job ->> 'status',
    (
      select string_agg(reason.value ->> 'message', ' ')
      from jsonb_array_elements(report.job -> 'reasons') as reason
    ),
    report.job ->> 'schedule',
    (report.job #>> '{last_run,started_at}')::timestamptz,
    report.job #>> '{last_run,status}',
    (report.job #>> '{last_success,started_at}')::timestamptz,
    (report.job ->> 'hours_since_last_success')::numeric,
    (report.job ->> 'success_rate_30d')::numeric,
    (report.job ->> 'runs_30d')::bigint,
    (report.job ->> 'failed_runs_30d')::bigint,
    extract(epoch from coalesce(definition.slow_after, (jobs.defaults()).slow_after))
  from jsonb_array_elements(jobs.job_health_report(current_status.as_of)) as whole (job)
  -- People who may not see customers read this.
  cross join lateral jobs.job_without_details(whole.job) as report (job)
  left join jobs.definitions as definition
    on definition.job_name = report.job ->> 'job_name';
$function$;

revoke all on function jobs.current_status(timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function jobs.current_status(timestamptz)
  to metrics_reader;

comment on function jobs.current_status(timestamptz) is
  'jobs.job_health_report() as a table, one row per job, for dashboards: without details (jobs.job_without_details). '
  'reasons: sentences, null when the job is ok. slow_after_seconds: how long a run should take.';
