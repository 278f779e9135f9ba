-- Do runs take longer than they used to?
--
-- Answer:  the last 14 successful runs of each job, newest first, beside the
--          median of its successes of the last 30 days.
-- Columns: job_name, started_at, seconds, median_seconds, records_updated,
--          trigger_source
-- To do:   more records in more seconds is work. The same records in more
--          seconds is a slower database: docs/runbooks/run-slow.md.

with successes as (
  select
    run.job_name,
    run.started_at,
    run.duration_ms,
    run.records_updated,
    run.trigger_source,
    row_number() over (
      partition by run.job_name
      order by run.started_at desc
    ) as age
  from public.jobs_log as run
  where run.status = 'success'
    and run.started_at > now() - interval '30 days'
),
medians as (
  select
    success.job_name,
    percentile_disc(0.5) within group (order by success.duration_ms) as median_ms
  from successes as success
  group by success.job_name
)
select
  success.job_name,
  success.started_at,
  round(success.duration_ms / 1000.0, 1) as seconds,
  round(median.median_ms / 1000.0, 1) as median_seconds,
  success.records_updated,
  success.trigger_source
from successes as success
join medians as median
  on median.job_name = success.job_name
where success.age <= 14
order by
  success.job_name,
  success.started_at desc;
