-- Which jobs have missed a run, and when is the next catch-up run?
--
-- Answer:  one row per enabled job, the one that waits longest first. next_try_at
--          is null when no catch-up run is needed, or the job has none. In the
--          past it means within a minute.
-- Columns: job_name, is_missed, last_run_at, last_success_at, expected_interval,
--          overdue_since, failures_since_success, next_try_at
-- To do:   is_missed: docs/runbooks/run-missed.md.

select
  expectation.job_name,
  expectation.is_missed,
  expectation.last_run_at,
  expectation.last_success_at,
  expectation.expected_interval,
  case when expectation.is_missed then expectation.overdue_since end as overdue_since,
  since_success.failures as failures_since_success,
  case
    when definition.catch_up and jobs.is_unfinished(expectation.job_name) then expectation.last_run_at
    when definition.catch_up and (expectation.is_missed or since_success.failures > 0) then
      coalesce(
        since_success.last_failed_at + jobs.catch_up_delay(since_success.failures),
        expectation.overdue_since
      )
  end as next_try_at
from jobs.expectations() as expectation
join jobs.definitions as definition
  on definition.job_name = expectation.job_name
cross join lateral (
  select
    count(*) as failures,
    max(run.completed_at) as last_failed_at
  from public.jobs_log as run
  where run.job_name = expectation.job_name
    and run.status = 'failed'
    and not run.is_cancelled
    and run.started_at > coalesce(expectation.last_success_at, '-infinity')
) as since_success
order by
  expectation.overdue_since,
  expectation.job_name;
