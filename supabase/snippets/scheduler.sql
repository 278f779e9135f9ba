-- Is pg_cron running?
--
-- Answer:  one row. pid is null when the process of pg_cron is not running;
--          minutes_since_last_tick is 0 or 1 when it works, because the
--          supervisor is started every minute.
-- Columns: pid, running_since, last_tick_at, minutes_since_last_tick
-- To do:   no pid: docs/runbooks/scheduler-dead.md. A pid and more than five
--          minutes: docs/runbooks/supervisor-silent.md.

select
  process.pid,
  process.backend_start as running_since,
  tick.start_time as last_tick_at,
  floor(extract(epoch from now() - tick.start_time) / 60)::int as minutes_since_last_tick
from (values (1)) as one_row
left join lateral (
  select
    candidate.pid,
    candidate.backend_start
  from pg_stat_activity as candidate
  where candidate.backend_type like 'pg\_cron%'
    or candidate.application_name like 'pg\_cron%'
  order by candidate.backend_start
  limit 1
) as process on true
left join lateral (
  select details.start_time
  from cron.job_run_details as details
  where details.start_time is not null
  order by details.runid desc
  limit 1
) as tick on true;
