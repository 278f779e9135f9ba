-- How many of the runs of the last 30 days succeeded?
--
-- Answer:  one row per job that has finished a run, the worst first.
--          rate_without_catch_ups leaves out catch-up runs. Cancelled runs are
--          not counted.
-- Columns: job_name, total_runs, successful_runs, failed_runs, success_rate,
--          rate_without_catch_ups
-- To do:   98 % and more is normal. When rate_without_catch_ups is under 95 %,
--          the health check warns: docs/runbooks/success-rate-low.md.

select
  run.job_name,
  count(*) as total_runs,
  count(*) filter (where run.status = 'success') as successful_runs,
  count(*) filter (where run.status = 'failed') as failed_runs,
  round(100.0 * count(*) filter (where run.status = 'success') / count(*), 2) as success_rate,
  round(
    100.0 * count(*) filter (where run.status = 'success' and run.trigger_source is distinct from 'catch_up')
      / nullif(count(*) filter (where run.trigger_source is distinct from 'catch_up'), 0),
    2
  ) as rate_without_catch_ups
from public.jobs_log as run
where run.status <> 'running'
  and not (run.status = 'failed' and run.is_cancelled)
  and run.started_at > now() - interval '30 days'
group by run.job_name
order by
  success_rate,
  run.job_name;
