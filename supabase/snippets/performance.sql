-- How long do the jobs take, and how much do they do?
--
-- Answer:  one row per job that succeeded in the last 30 days, the slowest
--          first. Seconds are of successful runs; percentiles are interpolated.
--          recent_avg_seconds is of the last seven days: compare it with
--          avg_seconds.
-- Columns: job_name, successful_runs, avg_seconds, recent_avg_seconds,
--          p50_seconds, p95_seconds, p99_seconds, max_seconds, records_updated,
--          records_per_run, slow_after_seconds
-- To do:   over slow_after_seconds, which is the job's own, the health check
--          warns: docs/runbooks/run-slow.md. Which runs it were:
--          supabase/snippets/run-durations.sql.

select
  run.job_name,
  count(*) as successful_runs,
  round(avg(run.duration_ms) / 1000, 1) as avg_seconds,
  round(
    avg(run.duration_ms) filter (where run.started_at > now() - interval '7 days') / 1000,
    1
  ) as recent_avg_seconds,
  round((percentile_cont(0.50) within group (order by run.duration_ms))::numeric / 1000, 1) as p50_seconds,
  round((percentile_cont(0.95) within group (order by run.duration_ms))::numeric / 1000, 1) as p95_seconds,
  round((percentile_cont(0.99) within group (order by run.duration_ms))::numeric / 1000, 1) as p99_seconds,
  round(max(run.duration_ms) / 1000.0, 1) as max_seconds,
  coalesce(sum(run.records_updated), 0) as records_updated,
  round(avg(coalesce(run.records_updated, 0)), 1) as records_per_run,
  trim_scale(extract(epoch from coalesce(max(definition.slow_after), (jobs.defaults()).slow_after))) as slow_after_seconds
from public.jobs_log as run
left join jobs.definitions as definition
  on definition.job_name = run.job_name
where run.status = 'success'
  and run.started_at > now() - interval '30 days'
group by run.job_name
order by avg_seconds desc;
