create function jobs.job_health_report(
  as_of timestamptz default now(),
  job_name text default null,
  with_history boolean default true
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
        'paused', case
          when (job.pause).id is not null then jobs.action_as_json(job.pause)
        end,
        'snoozed', case
          when (job.snooze).id is not null then jobs.action_as_json(job.snooze)
        end,
        'status', jobs.worst_severity(judged.reasons),
        'reasons', judged.reasons,
        'last_run', case
          when (job.last_run).id is not null then
            jobs.run_facts(job.last_run) || jsonb_build_object('status', (job.last_run).status)
        end,
        'failure_cause', jobs.failure_cause(job.last_finished),
        'last_success', case
          when (job.last_success).id is not null then
            jobs.run_facts(job.last_success) || jsonb_build_object('status', (job.last_success).status)
        end,
        'failing_items', jobs.first_failing_items(job.job_name),
        'hours_since_last_run', jobs.elapsed_hours((job.last_run).started_at, job_health_report.as_of),
        'hours_since_last_success', jobs.elapsed_hours((job.last_success).started_at, job_health_report.as_of),
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
  from jobs.job_stats(
    as_of => job_health_report.as_of,
    job_name => job_health_report.job_name,
    with_history => job_health_report.with_history
  ) as job
  cross join lateral (
    select coalesce(jsonb_agg(to_jsonb(reason)), '[]') as reasons
    from jobs.job_health_reasons(job) as reason
  ) as judged;
$function$;

revoke all on function jobs.job_health_report(timestamptz, text, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.job_health_report(timestamptz, text, boolean) is
  'The health of every job, or with job_name of that one: why it is paused or snoozed, status, reasons, last run, '
  'last success, success rate of 30 days. Without with_history every critical reason is there, and what 30 days would show is not. '
  'Returns an array.';
