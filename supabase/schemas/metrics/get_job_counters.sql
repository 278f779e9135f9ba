create function public.get_job_counters(as_of timestamptz default now())
returns jsonb
language sql
stable
security definer
set search_path = ''
as $function$
  select jsonb_build_object(
    'jobs', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'job_name', known.name,
            'successes', coalesce(total.successes, 0),
            'failures', coalesce(total.failures, 0),
            'cancelled', coalesce(total.cancelled, 0),
            'records_updated', coalesce(total.records_updated, 0),
            'duration_ms', coalesce(total.duration_ms, 0),
            'failed_items', coalesce(total.failed_items, 0),
            'running', running.runs,
            'last_run_at', last_run.started_at,
            'last_run_succeeded', last_run.status = 'success',
            'last_run_duration_ms', last_run.duration_ms,
            'last_success_at', jobs.last_success_at(known.name, get_job_counters.as_of),
            'expected_interval_seconds', extract(epoch from definition.expected_interval)
          )
          order by known.name
        ),
        '[]'
      )
      from jobs.known_jobs() as known (name)
      left join jobs.run_totals as total
        on total.job_name = known.name
      left join jobs.definitions as definition
        on definition.job_name = known.name
      cross join lateral (
        select count(*) as runs
        from public.jobs_log as run
        where run.job_name = known.name
          and run.status = 'running'
      ) as running
      -- As in jobs.run_statistics().
      left join lateral (
        select
          run.started_at,
          run.status,
          run.duration_ms
        from public.jobs_log as run
        where run.job_name = any (array[known.name])
          and run.status <> 'running'
          and not (run.status = 'failed' and run.is_cancelled)
          and run.started_at <= get_job_counters.as_of
        order by run.job_name, run.started_at desc
        limit 1
      ) as last_run on true
    ),
    'health', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'job_name', judged.job ->> 'job_name',
            'status', judged.job ->> 'status'
          )
        ),
        '[]'
      )
      from jsonb_array_elements(jobs.job_health_report(get_job_counters.as_of)) as judged (job)
    ),
    'alerts', (
      select coalesce(jsonb_agg(backlog.channel), '[]')
      from jobs.alert_backlog(get_job_counters.as_of) as backlog (channel)
    )
  );
$function$;

revoke all on function public.get_job_counters(timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.get_job_counters(timestamptz)
  to service_role;

comment on function public.get_job_counters(timestamptz) is
  'What Prometheus scrapes: totals since the beginning, which outlive pruning, and the state of this moment. Reads only. '
  'Returns {jobs: [totals and last run], health: [{job_name, status}], alerts: [backlog by channel]}.';
