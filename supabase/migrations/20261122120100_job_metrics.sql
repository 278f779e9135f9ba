-- What the runs of a window of time add up to.
--
-- Why:       all numbers of a dashboard come from one place and one moment.
-- Locks:     nothing that exists; building the index makes writers wait.
-- Take back: supabase/rollbacks/metrics.sql.

-- The numbers are read from the index alone.
create index idx_jobs_log_numbers
  on public.jobs_log (job_name, started_at)
  include (status, duration_ms, records_updated);

create index idx_jobs_log_agencies
  on public.jobs_log (job_name, started_at)
  include (id)
  where metadata ? 'agencies';

create function jobs.names_of_jobs()
returns setof text
language sql
stable
set search_path = ''
as $function$
  -- Steps from name to name; a distinct would read every row of the log.
  with recursive logged as (
    (
      select run.job_name
      from public.jobs_log as run
      order by run.job_name
      limit 1
    )
    union all
    select (
      select run.job_name
      from public.jobs_log as run
      where run.job_name > logged.job_name
      order by run.job_name
      limit 1
    )
    from logged
    where logged.job_name is not null
  )
  select judged.job_name
  from jobs.names_of_judged_jobs() as judged (job_name)
  union
  select logged.job_name
  from logged
  where logged.job_name is not null;
$function$;

revoke all on function jobs.names_of_jobs()
  from public, anon, authenticated, service_role;

comment on function jobs.names_of_jobs() is
  'The jobs there are: those that the health report is about, and those that jobs_log knows besides. '
  'An index probe for each.';

-- These are called once for each job: plpgsql keeps their plans.
create function jobs.numbers_of_runs(
  job_name text,
  from_at timestamptz,
  to_at timestamptz,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
stable
set search_path = ''
as $function$
begin
  return (
    -- Counted once: the window is what its days add up to.
    with daily as materialized (
      select
        date_bin('1 day', run.started_at, '2000-01-01 00:00:00+00') as day,
        count(*) as runs,
        count(*) filter (where run.status = 'success') as successes,
        count(*) filter (where run.status = 'failed') as failures,
        coalesce(sum(run.records_updated), 0) as records_updated,
        sum(run.duration_ms) filter (where run.status = 'success') as success_ms,
        max(run.duration_ms) filter (where run.status = 'success') as max_ms
      from public.jobs_log as run
      where run.job_name = numbers_of_runs.job_name
        and run.started_at >= numbers_of_runs.from_at
        and run.started_at < numbers_of_runs.to_at
      group by 1
    ),
    counted as (
      select
        coalesce(sum(daily.runs), 0) as runs,
        coalesce(sum(daily.successes), 0) as successes,
        coalesce(sum(daily.failures), 0) as failures,
        coalesce(sum(daily.records_updated), 0) as records_updated,
        sum(daily.success_ms) as success_ms,
        max(daily.max_ms) as max_ms
      from daily
    ),
    spread as (
      select
        (percentile_cont(array[0.5, 0.95, 0.99]) within group (order by run.duration_ms))::numeric(20, 1)[]
          as percentiles_ms
      from public.jobs_log as run
      where run.job_name = numbers_of_runs.job_name
        and run.started_at >= numbers_of_runs.from_at
        and run.started_at < numbers_of_runs.to_at
        and run.status = 'success'
    )
    select jsonb_build_object(
      'summary', jsonb_build_object(
        'job_name', numbers_of_runs.job_name,
        'runs', counted.runs,
        'successes', counted.successes,
        'failures', counted.failures,
        'running', counted.runs - counted.successes - counted.failures,
        'success_rate', round(100.0 * counted.successes / nullif(counted.successes + counted.failures, 0), 2),
        'records_updated', counted.records_updated,
        'duration_avg_ms', round(counted.success_ms / nullif(counted.successes, 0), 1),
        'duration_p50_ms', spread.percentiles_ms[1],
        'duration_p95_ms', spread.percentiles_ms[2],
        'duration_p99_ms', spread.percentiles_ms[3],
        'duration_max_ms', counted.max_ms,
        'last_run_at', last_run.started_at,
        'last_run_status', last_run.status,
        'last_run_duration_ms', last_run.duration_ms,
        'last_success_at', last_success.started_at,
        'hours_since_last_success', jobs.hours_between(last_success.started_at, numbers_of_runs.as_of)
      ),
      'daily', (
        select coalesce(
          jsonb_agg(
            jsonb_build_object(
              'time', daily.day,
              'job_name', numbers_of_runs.job_name,
              'runs', daily.runs,
              'successes', daily.successes,
              'failures', daily.failures,
              'records_updated', daily.records_updated,
              'duration_avg_ms', round(daily.success_ms / nullif(daily.successes, 0), 1)
            )
            order by daily.day
          ),
          '[]'
        )
        from daily
      )
    )
    from counted
    cross join spread
    -- Asked for like this, only an index by job has the order: from one by time,
    -- a job without runs would take all of it.
    left join lateral (
      select
        run.started_at,
        run.status,
        run.duration_ms
      from public.jobs_log as run
      where run.job_name = any (array[numbers_of_runs.job_name])
        and run.started_at <= numbers_of_runs.as_of
      order by run.job_name, run.started_at desc
      limit 1
    ) as last_run on true
    left join lateral (
      select run.started_at
      from public.jobs_log as run
      where run.job_name = any (array[numbers_of_runs.job_name])
        and run.status = 'success'
        and run.started_at <= numbers_of_runs.as_of
      order by run.job_name, run.started_at desc
      limit 1
    ) as last_success on true
  );
end
$function$;

revoke all on function jobs.numbers_of_runs(text, timestamptz, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.numbers_of_runs(text, timestamptz, timestamptz, timestamptz) is
  'One job''s runs that started in [from_at, to_at). Returns {summary, daily}. summary: how many, how they ended, how '
  'long the successful ones took (milliseconds; percentiles interpolated), how many records they updated; and the job''s '
  'last run and success up to as_of. daily: the same counts per UTC day of their start, by day, days without a run left out.';

create function jobs.agency_totals(
  job_name text,
  from_at timestamptz,
  to_at timestamptz
)
returns setof jsonb
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    with changes as (
      select
        result.agency_id,
        result.transition,
        result.updated_count,
        result.is_agencys_first
      from jobs.agency_results as result
      -- As an array: the planner takes thousands of rows for one, and would sort
      -- them all.
      where result.run_id = any (
        array(
          select run.id
          from public.jobs_log as run
          where run.job_name = agency_totals.job_name
            and run.started_at >= agency_totals.from_at
            and run.started_at < agency_totals.to_at
            and run.metadata ? 'agencies'
        )
      )
      union all
      select
        result.agency_id,
        result.transition,
        result.updated_count,
        result.is_agencys_first
      from public.jobs_log as run
      cross join lateral jobs.agency_results_in(run.metadata) as result
      where run.status = 'running'
        and run.job_name = agency_totals.job_name
        and run.started_at >= agency_totals.from_at
        and run.started_at < agency_totals.to_at
    ),
    -- Added up before the rest is done: thousands of rows become a few.
    transitions as materialized (
      select
        changes.agency_id,
        changes.transition,
        sum(changes.updated_count) as updated_count,
        count(*) filter (where changes.is_agencys_first) as runs
      from changes
      group by changes.agency_id, changes.transition
    )
    select jsonb_build_object(
      'job_name', agency_totals.job_name,
      'agency_id', transitions.agency_id,
      'runs', sum(transitions.runs),
      'updated_count', sum(transitions.updated_count),
      'transitions', jsonb_object_agg(transitions.transition, transitions.updated_count)
    )
    from transitions
    group by transitions.agency_id
    order by sum(transitions.updated_count) desc, transitions.agency_id;
end
$function$;

revoke all on function jobs.agency_totals(text, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.agency_totals(text, timestamptz, timestamptz) is
  'What one job''s runs that started in [from_at, to_at) changed for each agency: transitions by name and their sum, '
  'and in how many runs. From jobs.agency_results, and from the metadata of runs that are running. '
  'Returns objects, the largest sum first.';

create function jobs.latest_runs(
  job_name text,
  from_at timestamptz,
  to_at timestamptz,
  max_runs int
)
returns jsonb
language plpgsql
stable
set search_path = ''
-- Planned for the one job or for all: either has an index of its own.
set plan_cache_mode = force_custom_plan
as $function$
begin
  return (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'time', latest.started_at,
          'id', latest.id,
          'job_name', latest.job_name,
          'status', latest.status,
          'duration_ms', latest.duration_ms,
          'records_updated', coalesce(latest.records_updated, 0),
          'trigger_source', latest.trigger_source,
          'error_message', left(latest.error_message, 300)
        )
        order by latest.started_at, latest.id
      ),
      '[]'
    )
    from (
      select run.*
      from public.jobs_log as run
      where (latest_runs.job_name is null or run.job_name = latest_runs.job_name)
        and run.started_at >= latest_runs.from_at
        and run.started_at < latest_runs.to_at
      order by run.started_at desc, run.id desc
      limit latest_runs.max_runs
    ) as latest
  );
end
$function$;

revoke all on function jobs.latest_runs(text, timestamptz, timestamptz, int)
  from public, anon, authenticated, service_role;

comment on function jobs.latest_runs(text, timestamptz, timestamptz, int) is
  'The latest runs of one job, or (null) of all, that started in [from_at, to_at): at most max_runs, by time. '
  'Returns an array.';

create function jobs.alert_backlog(as_of timestamptz default now())
returns setof jsonb
language sql
stable
set search_path = ''
as $function$
  select jsonb_build_object(
    'channel', channel.value ->> 'name',
    'pending', (channel.value ->> 'pending')::bigint,
    'oldest_pending_seconds', coalesce(
      round(extract(epoch from alert_backlog.as_of - (channel.value ->> 'oldest_pending_at')::timestamptz)),
      0
    ),
    'given_up_24h', (channel.value ->> 'given_up_24h')::bigint
  )
  from jsonb_array_elements(jobs.health_of_channels(alert_backlog.as_of)) as channel;
$function$;

revoke all on function jobs.alert_backlog(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.alert_backlog(timestamptz) is
  'What waits to be sent on each channel, and what was given up in 24 hours. Returns objects.';

create function public.get_job_metrics(
  job_name text default null,
  from_at timestamptz default null,
  to_at timestamptz default null,
  max_runs int default 500,
  as_of timestamptz default now()
)
returns jsonb
language plpgsql
stable
security definer
set search_path = ''
-- Compiling takes longer than what it would speed up.
set jit = off
as $function$
declare
  ends_at timestamptz := coalesce(get_job_metrics.to_at, get_job_metrics.as_of);
  begins_at timestamptz := coalesce(get_job_metrics.from_at, ends_at - interval '30 days');
  names text[];
  numbers jsonb[];
begin
  if begins_at >= ends_at then
    raise exception 'from has to be earlier than to'
      using errcode = 'invalid_parameter_value';
  end if;

  names := array(
    select known.name
    from jobs.names_of_jobs() as known (name)
    where get_job_metrics.job_name is null
      or known.name = get_job_metrics.job_name
    order by known.name
  );

  if get_job_metrics.job_name is not null and cardinality(names) = 0 then
    raise exception 'there is no job %', get_job_metrics.job_name
      using errcode = 'PT404';
  end if;

  numbers := array(
    select jobs.numbers_of_runs(known.name, begins_at, ends_at, get_job_metrics.as_of)
    from unnest(names) with ordinality as known (name, position)
    order by known.position
  );

  return jsonb_build_object(
    'checked_at', get_job_metrics.as_of,
    'from', begins_at,
    'to', ends_at,
    'jobs', (
      select coalesce(jsonb_agg(job.numbers -> 'summary' order by job.position), '[]')
      from unnest(numbers) with ordinality as job (numbers, position)
    ),
    'daily', (
      select coalesce(jsonb_agg(daily.point order by daily.point ->> 'time', job.position), '[]')
      from unnest(numbers) with ordinality as job (numbers, position)
      cross join lateral jsonb_array_elements(job.numbers -> 'daily') as daily (point)
    ),
    'runs', jobs.latest_runs(
      job_name => get_job_metrics.job_name,
      from_at => begins_at,
      to_at => ends_at,
      max_runs => get_job_metrics.max_runs
    ),
    'agencies', (
      select coalesce(jsonb_agg(agency.total), '[]')
      from unnest(names) as known (name)
      cross join lateral jobs.agency_totals(known.name, begins_at, ends_at) as agency (total)
    ),
    'health', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'job_name', judged.job ->> 'job_name',
            'status', judged.job ->> 'status',
            'reasons', judged.job -> 'reasons'
          )
        ),
        '[]'
      )
      from jsonb_array_elements(
        jobs.health_of_jobs(get_job_metrics.as_of, get_job_metrics.job_name)
      ) as judged (job)
    ),
    'alerts', (
      select coalesce(jsonb_agg(backlog.channel), '[]')
      from jobs.alert_backlog(get_job_metrics.as_of) as backlog (channel)
    )
  );
end
$function$;

revoke all on function public.get_job_metrics(text, timestamptz, timestamptz, int, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.get_job_metrics(text, timestamptz, timestamptz, int, timestamptz)
  to service_role;

comment on function public.get_job_metrics(text, timestamptz, timestamptz, int, timestamptz) is
  'The numbers of one job, or (default) of all, for runs that started in [from_at, to_at): default the 30 days before '
  'as_of. Reads only. Raises PT404 for a job that is neither registered nor logged nor in an open incident, '
  '22023 for an empty window. '
  'Returns {checked_at, from, to, jobs: [summary], daily: [UTC days], runs: [the latest max_runs, by time], '
  'agencies: [totals], health: [{job_name, status, reasons}], alerts: [backlog by channel]}: flat arrays, '
  'each row with its job_name, as a dashboard reads them.';

create function public.get_job_counters(as_of timestamptz default now())
returns jsonb
language sql
stable
security definer
set search_path = ''
as $function$
  select jsonb_build_object(
    'jobs', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'job_name', known.name,
            'successes', coalesce(total.successes, 0),
            'failures', coalesce(total.failures, 0),
            'records_updated', coalesce(total.records_updated, 0),
            'duration_ms', coalesce(total.duration_ms, 0),
            'failed_items', coalesce(total.failed_items, 0),
            'running', running.runs,
            'last_run_at', last_run.started_at,
            'last_run_succeeded', last_run.status = 'success',
            'last_run_duration_ms', last_run.duration_ms,
            'last_success_at', last_success.started_at,
            'expected_interval_seconds', extract(epoch from definition.expected_interval)
          )
          order by known.name
        ),
        '[]'
      )
      from jobs.names_of_jobs() as known (name)
      left join jobs.run_totals as total
        on total.job_name = known.name
      left join jobs.definitions as definition
        on definition.job_name = known.name
      cross join lateral (
        select count(*) as runs
        from public.jobs_log as run
        where run.job_name = known.name
          and run.status = 'running'
      ) as running
      -- As above.
      left join lateral (
        select
          run.started_at,
          run.status,
          run.duration_ms
        from public.jobs_log as run
        where run.job_name = any (array[known.name])
          and run.status <> 'running'
          and run.started_at <= get_job_counters.as_of
        order by run.job_name, run.started_at desc
        limit 1
      ) as last_run on true
      left join lateral (
        select run.started_at
        from public.jobs_log as run
        where run.job_name = any (array[known.name])
          and run.status = 'success'
          and run.started_at <= get_job_counters.as_of
        order by run.job_name, run.started_at desc
        limit 1
      ) as last_success on true
    ),
    'health', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'job_name', judged.job ->> 'job_name',
            'status', judged.job ->> 'status'
          )
        ),
        '[]'
      )
      from jsonb_array_elements(jobs.health_of_jobs(get_job_counters.as_of)) as judged (job)
    ),
    'alerts', (
      select coalesce(jsonb_agg(backlog.channel), '[]')
      from jobs.alert_backlog(get_job_counters.as_of) as backlog (channel)
    )
  );
$function$;

revoke all on function public.get_job_counters(timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.get_job_counters(timestamptz)
  to service_role;

comment on function public.get_job_counters(timestamptz) is
  'What Prometheus scrapes: totals since the beginning, which outlive pruning, and the state of this moment. Reads only. '
  'Returns {jobs: [totals and last run], health: [{job_name, status}], alerts: [backlog by channel]}.';
