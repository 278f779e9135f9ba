-- How many records did the jobs update on each day of the last 30?
--
-- Answer:  one row per job and day (UTC), the newest first, days without a run
--          included: runs is 0 there.
-- Columns: job_name, day, runs, failed_runs, records_updated
-- To do:   runs is 0: docs/runbooks/run-missed.md. 0 records for several days,
--          while due dates pass: check that data still comes in.
--          supabase/snippets/next-overdue.sql shows the next due dates.

with days as (
  select generate_series(
    date_trunc('day', now(), 'UTC') - interval '29 days',
    now(),
    interval '1 day'
  ) as day
),
names as (
  select jobs.known_jobs() as job_name
)
select
  names.job_name,
  (days.day at time zone 'UTC')::date as day,
  count(run.id) as runs,
  count(run.id) filter (where run.status = 'failed' and not run.is_cancelled) as failed_runs,
  coalesce(sum(run.records_updated), 0) as records_updated
from days
cross join names
left join public.jobs_log as run
  on run.job_name = names.job_name
  and run.started_at >= days.day
  and run.started_at < days.day + interval '1 day'
group by
  names.job_name,
  days.day
order by
  days.day desc,
  names.job_name;
