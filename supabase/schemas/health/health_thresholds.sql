create type jobs.health_thresholds as (
  stuck_grace interval,
  min_success_rate numeric,
  slow_factor int,
  slow_margin_ms int,
  slow_min_runs int,
  never_ran_for interval,
  supervisor_silent_after interval,
  channel_silent_after interval,
  undelivered_after interval,
  slot_held_for interval
);

comment on type jobs.health_thresholds is
  'The limits that the checks of the health report apply to every job. jobs.health_thresholds() has the values.';
comment on column jobs.health_thresholds.stuck_grace is
  'run_stuck: how long after max_runtime the supervisor may take to end a run.';
comment on column jobs.health_thresholds.min_success_rate is
  'success_rate_low: the lowest percentage of runs in 30 days that have to succeed.';
comment on column jobs.health_thresholds.slow_factor is
  'run_slow: a run that takes more than this many times the median of 30 days is slow, if slow_margin_ms is exceeded '
  'too.';
comment on column jobs.health_thresholds.slow_margin_ms is
  'run_slow: how much longer than the median a run may always take.';
comment on column jobs.health_thresholds.slow_min_runs is
  'run_slow: with fewer successes in 30 days there is no median to compare with.';
comment on column jobs.health_thresholds.never_ran_for is
  'never_ran: how long after a job was enabled its missing first run is mentioned.';
comment on column jobs.health_thresholds.supervisor_silent_after is
  'supervisor_silent: how long the supervisor may be without a success.';
comment on column jobs.health_thresholds.channel_silent_after is
  'no_alert_channel: how long a channel may go without being announced.';
comment on column jobs.health_thresholds.undelivered_after is
  'alerts_undelivered: how long an alert may wait for a channel.';
comment on column jobs.health_thresholds.slot_held_for is
  'scheduler_full: how long a session of pg_cron may be idle, or all of them at work.';

create function jobs.health_thresholds()
returns jobs.health_thresholds
language sql
immutable
set search_path = ''
as $function$
  select row(
    -- The supervisor looks every minute.
    interval '1 minute',
    95,
    3,
    -- A run of 1 second that takes 5 is nothing to look into.
    5000,
    10,
    -- A weekly job is mentioned on its first day, not for a week.
    interval '25 hours',
    -- Five ticks in a row.
    interval '5 minutes',
    -- The hourly check announces channels; one may fail.
    interval '2 hours',
    -- Longer than the longest pause between two attempts.
    interval '15 minutes',
    -- A tick of ours takes 10 seconds at most.
    interval '1 minute'
  )::jobs.health_thresholds;
$function$;

revoke all on function jobs.health_thresholds()
  from public, anon, authenticated, service_role;

comment on function jobs.health_thresholds() is
  'The values of jobs.health_thresholds, in one place. Limits that differ from job to job are in jobs.definitions.';
