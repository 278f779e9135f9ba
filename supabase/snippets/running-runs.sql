-- Which runs are under way, and is one of them stuck?
--
-- Answer:  one row per running run, the oldest first. is_stuck is true when it is
--          dead, such as one that is older than its job's max_runtime: the
--          supervisor ends it within a minute.
-- Columns: id, job_name, started_at, running_for, max_runtime, is_stuck,
--          records_updated, items_processed, items_total
-- To do:   nothing while is_stuck is false. True for more than two minutes:
--          docs/runbooks/run-stuck.md.

select
  run.id,
  run.job_name,
  run.started_at,
  now() - run.started_at as running_for,
  jobs.max_runtime(run.job_name) as max_runtime,
  jobs.why_dead(run) is not null as is_stuck,
  run.records_updated,
  run.items_processed,
  run.items_total
from public.jobs_log as run
where run.status = 'running'
order by run.started_at;
