create function jobs.check_scheduler_full(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
  slots constant int := coalesce(nullif(current_setting('cron.max_running_jobs', true), '')::int, 32);
  held bigint;
  idle bigint;
begin
  select
    count(*),
    count(*) filter (
      where session.state = 'idle' and session.state_change <= check_scheduler_full.as_of - limits.slot_held_for
    )
  into held, idle
  from pg_catalog.pg_stat_activity as session
  where session.application_name = 'pg_cron'
    and session.backend_start <= check_scheduler_full.as_of - limits.slot_held_for;

  if held >= slots then
    return next (
      'scheduler_full',
      'critical',
      format(
        'All %s slots of pg_cron have been taken for over %s, so no job starts. %s of their sessions are idle.',
        slots,
        jobs.duration_text(limits.slot_held_for),
        idle
      )
    )::jobs.health_reason;
  elsif idle > 0 then
    return next (
      'scheduler_full',
      'warning',
      format(
        'pg_cron holds on to %s that %s ended over %s ago. It has %s slots, and a job that finds none does not start.',
        case when idle = 1 then '1 session' else idle || ' sessions' end,
        case when idle = 1 then 'has' else 'have' end,
        jobs.duration_text(limits.slot_held_for),
        slots
      )
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_scheduler_full(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.check_scheduler_full(timestamptz) is
  'pg_cron holds on to sessions that are idle, or all its slots (cron.max_running_jobs) have been taken for slot_held_for. '
  'While many entries start at once, pg_cron may forget to look at sessions that have finished.';
