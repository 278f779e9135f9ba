-- What did the jobs do lately?
--
-- Answer:  the last 30 runs of all jobs, newest first.
-- Columns: id, job_name, started_at, completed_at, duration, records_updated,
--          status, error_message, trigger_source
-- To do:   nothing while the newest run of each job is a success of the last day.
--          failed: docs/runbooks/run-failed.md. running for more than ten
--          minutes: docs/runbooks/run-stuck.md.

select
  run.id,
  run.job_name,
  run.started_at,
  run.completed_at,
  run.completed_at - run.started_at as duration,
  run.records_updated,
  run.status,
  run.error_message,
  run.trigger_source
from public.jobs_log as run
order by run.started_at desc
limit 30;
