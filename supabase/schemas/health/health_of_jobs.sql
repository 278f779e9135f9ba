create function jobs.health_of_jobs(
  as_of timestamptz default now(),
  job_name text default null
)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'job_name', job.job_name,
        'registered', (job.definition).job_name is not null,
        'enabled', coalesce((job.definition).enabled, false),
        'schedule', (job.definition).schedule,
        'status', jobs.worst_severity(judged.reasons),
        'reasons', judged.reasons,
        'last_run', case
          when (job.last_run).id is not null then
            jobs.run_facts(job.last_run) || jsonb_build_object('status', (job.last_run).status)
        end,
        'last_success', case
          when (job.last_success).id is not null then
            jobs.run_facts(job.last_success) || jsonb_build_object('status', (job.last_success).status)
        end,
        'hours_since_last_run', jobs.hours_between((job.last_run).started_at, health_of_jobs.as_of),
        'hours_since_last_success', jobs.hours_between((job.last_success).started_at, health_of_jobs.as_of),
        'success_rate_30d', round(
          100.0 * (job.finished_runs - job.failed_runs) / nullif(job.finished_runs, 0),
          2
        ),
        'runs_30d', job.finished_runs,
        'failed_runs_30d', job.failed_runs
      )
      order by job.job_name
    ),
    '[]'
  )
  from jobs.job_stats(health_of_jobs.as_of, health_of_jobs.job_name) as job
  cross join lateral (
    select coalesce(jsonb_agg(to_jsonb(reason)), '[]') as reasons
    from jobs.reasons_of_job(job, health_of_jobs.as_of) as reason
  ) as judged;
$function$;

revoke all on function jobs.health_of_jobs(timestamptz, text)
  from public, anon, authenticated, service_role;

comment on function jobs.health_of_jobs(timestamptz, text) is
  'The report of every job, or (job_name) of that one: status, reasons, last run, last success, success rate of 30 days. '
  'Returns an array.';
