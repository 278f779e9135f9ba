-- Why did runs fail in the last 30 days?
--
-- Answer:  one row per job and cause, the most frequent first. Messages count as
--          one cause when they differ in numbers and ids only.
-- Columns: job_name, failures, first_at, last_at, example
-- To do:   fix the cause of the first row. A cause whose last_at is before its fix
--          is over: the success rate recovers as it grows older than 30 days.

select
  run.job_name,
  count(*) as failures,
  min(run.started_at) as first_at,
  max(run.started_at) as last_at,
  (array_agg(run.error_message order by run.started_at desc))[1] as example
from public.jobs_log as run
where run.status = 'failed'
  and not run.is_cancelled
  and run.started_at > now() - interval '30 days'
group by
  run.job_name,
  regexp_replace(left(run.error_message, 200), '[0-9a-f-]{36}|[0-9]+', '#', 'g')
order by
  failures desc,
  last_at desc;
