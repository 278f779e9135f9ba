create type jobs.job_stats as (
  job_name text,
  as_of timestamptz,
  definition jobs.definitions,
  entry_active boolean,
  entry_schedule text,
  entry_command text,
  other_entries text,
  last_run public.jobs_log,
  last_finished public.jobs_log,
  last_success public.jobs_log,
  is_missed boolean,
  finished_runs bigint,
  failed_runs bigint,
  much_quicker_runs bigint,
  finished_catch_ups bigint,
  failed_catch_ups bigint,
  pause jobs.actions,
  snooze jobs.actions
);

comment on type jobs.job_stats is
  'The facts by which the checks judge a job, as they were at as_of.';
comment on column jobs.job_stats.definition is
  'Null when the job is not registered.';
comment on column jobs.job_stats.entry_active is
  'Whether the job''s pg_cron entry is active; null when there is no entry.';
comment on column jobs.job_stats.other_entries is
  'Active pg_cron entries that start the job, too, or have the name of its entry: a list for people, or null.';
comment on column jobs.job_stats.finished_runs is
  'The runs of the last 30 days that have ended, catch-up runs included and cancelled ones left out. So are '
  'failed_runs among them.';
comment on column jobs.job_stats.much_quicker_runs is
  'The successes among them of which the last finished run took more than slow_factor times as long, and over '
  'slow_margin_ms longer (jobs.health_thresholds).';
comment on column jobs.job_stats.finished_catch_ups is
  'The catch-up runs among finished_runs; failed_catch_ups are those among failed_runs.';
comment on column jobs.job_stats.pause is
  'Why the job is paused; null when it is not. So is snooze.';

create function jobs.job_stats(
  as_of timestamptz default now(),
  job_name text default null,
  with_history boolean default true
)
returns setof jobs.job_stats
language plpgsql
stable
set search_path = ''
-- The share of thirty days in the log decides which index is read.
set plan_cache_mode = force_custom_plan
-- Compiling takes longer than what it would speed up.
set jit = off
as $function$
declare
  limits constant jobs.health_thresholds := jobs.health_thresholds();
begin
  return query
    select
      job.name,
      job_stats.as_of,
      definition,
      entry.active,
      entry.schedule,
      entry.command,
      jobs.other_entries(definition),
      last_run.run,
      last_finished.run,
      last_success.run,
      coalesce(expectation.is_missed, false),
      successes.runs + failures.runs,
      failures.runs,
      successes.much_quicker_runs,
      catch_ups.runs,
      catch_ups.failed_runs,
      jobs.action_in_force(job.name, 'pause', job_stats.as_of),
      jobs.action_in_force(job.name, 'snooze', job_stats.as_of)
    from jobs.monitored_jobs(job_stats.as_of) as job (name)
    left join jobs.definitions as definition
      on definition.job_name = job.name
    left join jobs.expectations(job_stats.as_of, job_stats.job_name) as expectation
      on expectation.job_name = job.name
    left join lateral (
      select
        scheduled.active,
        scheduled.schedule,
        scheduled.command
      from cron.job as scheduled
      where scheduled.jobname = definition.cron_job_name
        and scheduled.username = jobs.entry_owner()
        and scheduled.database = current_database()
    ) as entry on true
    -- Written like this, only an index by job has the order. An index by time
    -- alone looks as cheap, but for a job without runs all of it would be read.
    left join lateral (
      select logged as run
      from public.jobs_log as logged
      where logged.job_name = any (array[job.name])
        and logged.started_at <= job_stats.as_of
      order by logged.job_name, logged.started_at desc
      limit 1
    ) as last_run on true
    left join lateral (
      select
        logged as run,
        -- Whole milliseconds are under a third when they are under the third
        -- rounded up.
        least(
          (logged.duration_ms + limits.slow_factor - 1) / limits.slow_factor,
          logged.duration_ms - limits.slow_margin_ms
        ) as much_less_ms
      from public.jobs_log as logged
      where logged.job_name = any (array[job.name])
        and logged.status <> 'running'
        and logged.started_at <= job_stats.as_of
      order by logged.job_name, logged.started_at desc
      limit 1
    ) as last_finished on true
    left join lateral (
      select logged as run
      from public.jobs_log as logged
      where logged.job_name = any (array[job.name])
        and logged.status = 'success'
        and logged.started_at <= job_stats.as_of
        and not jobs.is_continued(logged.metadata)
      order by logged.job_name, logged.started_at desc
      limit 1
    ) as last_success on true
    -- Successes and failures have an index each. Telling them apart row by row
    -- would take longer than counting them.
    cross join lateral (
      select
        count(*) as runs,
        count(*) filter (where run.duration_ms < last_finished.much_less_ms) as much_quicker_runs
      from public.jobs_log as run
      where run.job_name = job.name
        and job_stats.with_history
        and run.status = 'success'
        and run.started_at > job_stats.as_of - interval '30 days'
        and run.started_at <= job_stats.as_of
    ) as successes
    cross join lateral (
      select count(*) as runs
      from public.jobs_log as run
      where run.job_name = job.name
        and job_stats.with_history
        and run.status = 'failed'
        and not run.is_cancelled
        and run.started_at > job_stats.as_of - interval '30 days'
        and run.started_at <= job_stats.as_of
    ) as failures
    cross join lateral (
      select
        count(*) as runs,
        count(*) filter (where run.status = 'failed') as failed_runs
      from public.jobs_log as run
      where run.job_name = job.name
        and run.trigger_source = 'catch_up'
        and job_stats.with_history
        and run.status <> 'running'
        and not (run.status = 'failed' and run.is_cancelled)
        and run.started_at > job_stats.as_of - interval '30 days'
        and run.started_at <= job_stats.as_of
    ) as catch_ups
    where job_stats.job_name is null
      or job.name = job_stats.job_name;
end
$function$;

revoke all on function jobs.job_stats(timestamptz, text, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.job_stats(timestamptz, text, boolean) is
  'The facts of every job that the health report covers (jobs.monitored_jobs), or with job_name of that one among them. '
  'Facts that several checks need are gathered here, once. Without with_history the runs of the last 30 days are not '
  'counted: that is enough for every critical reason, and cheap enough for every minute.';
