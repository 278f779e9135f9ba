-- Does pg_cron run every registered entry, and did the last tick succeed?
--
-- Answer:  one row per registered job, and one for each entry that supervises
--          them. problem is null where all is well. last_tick_status succeeded
--          means that the SQL ran; the result of the job is in jobs_log.
-- Columns: entry, job_name, registered_schedule, schedule, active, problem,
--          other_entries, last_tick_at, last_tick_status, last_tick_message
-- To do:   the entry is missing: docs/runbooks/schedule-missing.md; is inactive:
--          docs/runbooks/schedule-inactive.md; has another schedule:
--          docs/runbooks/schedule-differs.md; has another command:
--          docs/runbooks/command-differs.md; the job is disabled:
--          docs/runbooks/disabled-but-scheduled.md; or paused:
--          docs/runbooks/paused-but-scheduled.md. Rows without job_name:
--          docs/runbooks/own-entry-differs.md. other_entries start the job, too:
--          docs/runbooks/schedule-duplicated.md.

with expected as (
  select
    definition.cron_job_name as entry,
    definition.job_name,
    definition.schedule,
    jobs.dispatch_command(definition.job_name) as command,
    definition.enabled and not jobs.is_paused(definition.job_name) as enabled,
    job.other_entries
  from jobs.definitions as definition
  left join jobs.job_stats(with_history => false) as job
    on job.job_name = definition.job_name

  union all

  select
    own.name,
    null,
    own.schedule,
    own.command,
    true,
    null
  from jobs.own_entries() as own
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
    when scheduled.active <> expected.enabled then 'the job is disabled or paused and its entry is active'
    when btrim(scheduled.command, E' ;\t\r\n') <> expected.command then 'the entry has another command'
    when scheduled.schedule <> expected.schedule then 'the entry has another schedule'
  end as problem,
  expected.other_entries,
  tick.start_time as last_tick_at,
  tick.status as last_tick_status,
  tick.return_message as last_tick_message
from expected
left join cron.job as scheduled
  on scheduled.jobname = expected.entry
  and scheduled.username = jobs.entry_owner()
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
