-- In plpgsql, which keeps the plan: get_job_metrics() calls it for each job.
create function jobs.run_statistics(
  job_name text,
  from_at timestamptz,
  to_at timestamptz,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $function$
begin
  return (
    -- Counted once, by day. The window is the sum of its days.
    with daily as materialized (
      select
        date_bin('1 day', run.started_at, '2000-01-01 00:00:00+00') as day,
        count(*) as runs,
        count(*) filter (where run.status = 'success') as successes,
        count(*) filter (where run.status = 'failed' and not run.is_cancelled) as failures,
        count(*) filter (where run.status = 'failed' and run.is_cancelled) as cancelled,
        coalesce(sum(run.records_updated), 0) as records_updated,
        sum(run.duration_ms) filter (where run.status = 'success') as success_ms,
        max(run.duration_ms) filter (where run.status = 'success') as max_ms
      from public.jobs_log as run
      where run.job_name = run_statistics.job_name
        and run.started_at >= run_statistics.from_at
        and run.started_at < run_statistics.to_at
      group by 1
    ),
    counted as (
      select
        coalesce(sum(daily.runs), 0) as runs,
        coalesce(sum(daily.successes), 0) as successes,
        coalesce(sum(daily.failures), 0) as failures,
        coalesce(sum(daily.cancelled), 0) as cancelled,
        coalesce(sum(daily.records_updated), 0) as records_updated,
        sum(daily.success_ms) as success_ms,
        max(daily.max_ms) as max_ms
      from daily
    ),
    spread as (
      select
        (percentile_cont(array[0.5, 0.95, 0.99]) within group (order by run.duration_ms))::numeric(20, 1)[]
          as percentiles_ms
      from public.jobs_log as run
      where run.job_name = run_statistics.job_name
        and run.started_at >= run_statistics.from_at
        and run.started_at < run_statistics.to_at
        and run.status = 'success'
    )
    select jsonb_build_object(
      'summary', jsonb_build_object(
        'job_name', run_statistics.job_name,
        'runs', counted.runs,
        'successes', counted.successes,
        'failures', counted.failures,
        'cancelled', counted.cancelled,
        'running', counted.runs - counted.successes - counted.failures - counted.cancelled,
        'success_rate', round(100.0 * counted.successes / nullif(counted.successes + counted.failures, 0), 2),
        'records_updated', counted.records_updated,
        'duration_avg_ms', round(counted.success_ms / nullif(counted.successes, 0), 1),
        'duration_p50_ms', spread.percentiles_ms[1],
        'duration_p95_ms', spread.percentiles_ms[2],
        'duration_p99_ms', spread.percentiles_ms[3],
        'duration_max_ms', counted.max_ms,
        'last_run_at', last_run.started_at,
        'last_run_status', last_run.status,
        'last_run_duration_ms', last_run.duration_ms,
        'last_success_at', last_success.started_at,
        'hours_since_last_success', jobs.elapsed_hours(last_success.started_at, run_statistics.as_of)
      ),
      'daily', (
        select coalesce(
          jsonb_agg(
            jsonb_build_object(
              'time', daily.day,
              'job_name', run_statistics.job_name,
              'runs', daily.runs,
              'successes', daily.successes,
              'failures', daily.failures,
              'cancelled', daily.cancelled,
              'records_updated', daily.records_updated,
              'duration_avg_ms', round(daily.success_ms / nullif(daily.successes, 0), 1)
            )
            order by daily.day
          ),
          '[]'
        )
        from daily
      )
    )
    from counted
    cross join spread
    -- Written so that only an index by job has this order. In an index by time, a
    -- job without runs would read all of it.
    left join lateral (
      select
        run.started_at,
        run.status,
        run.duration_ms
      from public.jobs_log as run
      where run.job_name = any (array[run_statistics.job_name])
        and run.started_at <= run_statistics.as_of
      order by run.job_name, run.started_at desc
      limit 1
    ) as last_run on true
    cross join jobs.last_success_at(run_statistics.job_name, run_statistics.as_of) as last_success (started_at)
  );
end
$function$;

revoke all on function jobs.run_statistics(text, timestamptz, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.run_statistics(text, timestamptz, timestamptz, timestamptz) is
  'Statistics of one job''s runs that started in [from_at, to_at). Returns {summary, daily}. summary: how many, how they ended, how '
  'long the successful ones took (milliseconds; percentiles interpolated), how many records they updated; and the job''s '
  'last run and success up to as_of. daily: the same counts per UTC day of their start, by day, days without a run left out.';
