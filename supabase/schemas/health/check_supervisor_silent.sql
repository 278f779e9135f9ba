create function jobs.check_supervisor_silent(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
  supervisor record;
begin
  select
    entry.active,
    coalesce(last_success.start_time, first_tick.start_time) as well_until
  into supervisor
  from cron.job as entry
  left join lateral (
    select tick.start_time
    from cron.job_run_details as tick
    where tick.jobid = entry.jobid
      and tick.status = 'succeeded'
    order by tick.runid desc
    limit 1
  ) as last_success on true
  left join lateral (
    select tick.start_time
    from cron.job_run_details as tick
    -- A history that was never trimmed is long: read its start only if needed.
    where last_success.start_time is null
      and tick.jobid = entry.jobid
      -- It has none while it is being started, and when it could not be.
      and tick.start_time is not null
    order by tick.runid
    limit 1
  ) as first_tick on true
  where entry.jobname = 'job-supervisor'
    and entry.username = jobs.entry_owner()
    and entry.database = current_database();

  if not found or not supervisor.active then
    return next (
      'supervisor_silent',
      'critical',
      'The pg_cron entry job-supervisor is missing or inactive: dead runs are not ended, missed runs are not caught up.'
    )::jobs.health_reason;
  elsif supervisor.well_until < check_supervisor_silent.as_of - limits.supervisor_silent_after then
    return next (
      'supervisor_silent',
      'critical',
      format(
        'The supervisor should succeed every minute, but has not for %s. %s',
        jobs.duration_text(check_supervisor_silent.as_of - supervisor.well_until),
        coalesce(
          (
            select 'pg_cron reports: ' || left(tick.return_message, 300)
            from cron.job as entry
            join cron.job_run_details as tick
              on tick.jobid = entry.jobid
            where entry.jobname = 'job-supervisor'
              and tick.status = 'failed'
              and tick.start_time >= supervisor.well_until
            order by tick.runid desc
            limit 1
          ),
          'pg_cron has not started it.'
        )
      )
    )::jobs.health_reason;
  end if;

  if not exists (
    select 1
    from cron.job as entry
    where entry.jobname = 'check-job-health-hourly'
      and entry.username = jobs.entry_owner()
      and entry.database = current_database()
      and entry.active
  ) then
    return next (
      'supervisor_silent',
      'critical',
      'The pg_cron entry check-job-health-hourly is missing or inactive: the hourly health check does not run.'
    )::jobs.health_reason;
  end if;
end
$function$;

revoke all on function jobs.check_supervisor_silent(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.check_supervisor_silent(timestamptz) is
  'The supervisor has not succeeded for supervisor_silent_after, or its pg_cron entry or that of the hourly health '
  'check is missing or inactive. A row for each.';
