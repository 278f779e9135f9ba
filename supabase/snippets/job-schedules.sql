-- Does pg_cron run every registered entry, and did the last tick succeed?
--
-- Answer:  one row per registered job, and one for each entry that supervises
--          them. problem is null where all is well. last_tick_status succeeded
--          means that the SQL ran; the result of the job is in jobs_log.
-- Columns: entry, job_name, registered_schedule, schedule, active, problem,
--          last_tick_at, last_tick_status, last_tick_message
-- To do:   the entry is missing: docs/runbooks/schedule-missing.md; is inactive:
--          docs/runbooks/schedule-inactive.md; has another schedule:
--          docs/runbooks/schedule-differs.md. job-supervisor:
--          docs/runbooks/supervisor-silent.md.

with expected as (
  select
    definition.cron_job_name as entry,
    definition.job_name,
    definition.schedule,
    definition.enabled
  from jobs.definitions as definition

  union all

  select
    supervision.entry,
    null,
    supervision.schedule,
    true
  from (
    values
      ('job-supervisor', '* * * * *'),
      ('check-job-health-hourly', '0 * * * *'),
      ('jobs-retention', '23 3 * * *')
  ) as supervision (entry, schedule)
)
select
  expected.entry,
  expected.job_name,
  expected.schedule as registered_schedule,
  scheduled.schedule,
  scheduled.active,
  case
    when scheduled.jobid is null and not expected.enabled then null
    when scheduled.jobid is null then 'the entry is missing'
    when scheduled.active <> expected.enabled and expected.enabled then 'the entry is inactive'
    when scheduled.active <> expected.enabled then 'the job is disabled and its entry is active'
    when scheduled.schedule <> expected.schedule then 'the entry has another schedule'
  end as problem,
  tick.start_time as last_tick_at,
  tick.status as last_tick_status,
  tick.return_message as last_tick_message
from expected
left join cron.job as scheduled
  on scheduled.jobname = expected.entry
  and scheduled.database = current_database()
left join lateral (
  select
    details.start_time,
    details.status,
    details.return_message
  from cron.job_run_details as details
  where details.jobid = scheduled.jobid
  order by details.runid desc
  limit 1
) as tick on true
order by
  problem nulls last,
  expected.entry;
