create function jobs.job_stats(
  as_of timestamptz default now(),
  job_name text default null
)
returns setof jobs.job_facts
language plpgsql
stable
set search_path = ''
-- How much thirty days are of the log decides which index is read.
set plan_cache_mode = force_custom_plan
-- Compiling takes longer than what it would speed up.
set jit = off
as $function$
begin
  return query
    select
      job.name,
      definition,
      last_run.run,
      last_finished.run,
      last_success.run,
      coalesce(expectation.is_missed, false),
      successes.runs + failures.runs,
      failures.runs,
      successes.much_quicker_runs,
      catch_ups.runs,
      catch_ups.failed_runs
    from jobs.names_of_judged_jobs() as job (name)
    left join jobs.definitions as definition
      on definition.job_name = job.name
    left join jobs.expectations(job_stats.as_of, job_stats.job_name) as expectation
      on expectation.job_name = job.name
    -- Asked for like this, only an index by job has the order. From an index by
    -- time alone, which looks as cheap, a job without runs would take all of it.
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
        least((logged.duration_ms + 2) / 3, logged.duration_ms - 5000) as much_less_ms
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
      order by logged.job_name, logged.started_at desc
      limit 1
    ) as last_success on true
    -- Successes and failures have an index each; to tell them apart row by row
    -- would take longer than to count them.
    cross join lateral (
      select
        count(*) as runs,
        count(*) filter (where run.duration_ms < last_finished.much_less_ms) as much_quicker_runs
      from public.jobs_log as run
      where run.job_name = job.name
        and run.status = 'success'
        and run.started_at > job_stats.as_of - interval '30 days'
        and run.started_at <= job_stats.as_of
    ) as successes
    cross join lateral (
      select count(*) as runs
      from public.jobs_log as run
      where run.job_name = job.name
        and run.status = 'failed'
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
        and run.status <> 'running'
        and run.started_at > job_stats.as_of - interval '30 days'
        and run.started_at <= job_stats.as_of
    ) as catch_ups
    where job_stats.job_name is null
      or job.name = job_stats.job_name;
end
$function$;

revoke all on function jobs.job_stats(timestamptz, text)
  from public, anon, authenticated, service_role;

comment on function jobs.job_stats(timestamptz, text) is
  'The facts of every registered job, and of every other job with an open incident, as they were at as_of; '
  'or (job_name) of that one among them.';
