create function jobs.reasons_of_scheduler(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
declare
  supervisor record;
  setting_name text;
  problem text;
begin
  if not exists (
    select 1
    from pg_catalog.pg_stat_activity as process
    where process.backend_type like 'pg\_cron%'
      or process.application_name like 'pg\_cron%'
  ) then
    return next (
      'scheduler_dead',
      'critical',
      'The process of pg_cron is not running, so no job starts by itself. It comes back with a restart of the database.'
    )::jobs.health_reason;
  end if;

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
    -- Behind all of a history that nobody has ever trimmed: only where needed.
    where last_success.start_time is null
      and tick.jobid = entry.jobid
      -- It has none while it is being started, and when it could not be.
      and tick.start_time is not null
    order by tick.runid
    limit 1
  ) as first_tick on true
  where entry.jobname = 'job-supervisor'
    and entry.database = current_database()
  order by entry.active desc
  limit 1;

  if not found or not supervisor.active then
    return next (
      'supervisor_silent',
      'critical',
      'The entry job-supervisor of cron.job is missing or inactive: dead runs are not ended, missed ones not made up for.'
    )::jobs.health_reason;
  elsif supervisor.well_until < reasons_of_scheduler.as_of - interval '5 minutes' then
    return next (
      'supervisor_silent',
      'critical',
      format(
        'The supervisor should succeed every minute, and has not for %s minutes. %s',
        round(extract(epoch from reasons_of_scheduler.as_of - supervisor.well_until) / 60),
        coalesce(
          (
            select 'pg_cron says: ' || left(tick.return_message, 300)
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
      and entry.database = current_database()
      and entry.active
  ) then
    return next (
      'supervisor_silent',
      'critical',
      'The entry check-job-health-hourly of cron.job is missing or inactive: nobody looks every hour.'
    )::jobs.health_reason;
  end if;

  foreach setting_name in array array['functions_url', 'jobs_api_key'] loop
    problem := jobs.setting_problem(setting_name);
    if problem is not null then
      return next (
        'setting_missing',
        'critical',
        format('No job can be started: %s.', problem)
      )::jobs.health_reason;
    end if;
  end loop;
end
$function$;

revoke all on function jobs.reasons_of_scheduler(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.reasons_of_scheduler(timestamptz) is
  'Judges what all jobs depend on: the process of pg_cron, the supervisor (5 minutes without success), the hourly check, '
  'and the settings in Vault. A row for each reason.';
