-- Which jobs have missed a run, and which runs are to be made up for.
--
-- Why:       ticks during downtime are lost, and a failed run leaves work undone.
-- Locks:     nothing that exists.
-- Take back: supabase/rollbacks/alerts.sql.

-- The health report counts thousands, and reads them from the index alone.
create index idx_jobs_log_success
  on public.jobs_log (job_name, started_at desc)
  include (duration_ms)
  where status = 'success';

create index idx_jobs_log_failed
  on public.jobs_log (job_name, started_at desc)
  where status = 'failed';

create function jobs.hours_between(
  earlier timestamptz,
  later timestamptz
)
returns numeric
language sql
immutable
set search_path = ''
as $function$
  select round(extract(epoch from hours_between.later - hours_between.earlier) / 3600, 1);
$function$;

revoke all on function jobs.hours_between(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.hours_between(timestamptz, timestamptz) is
  'Hours between two instants, to one decimal; null when one is unknown.';

create function jobs.waiting_since(
  definition jobs.definitions,
  last_success_at timestamptz
)
returns timestamptz
language sql
immutable
set search_path = ''
as $function$
  select case
    -- It rested in between, and nothing was expected of it.
    when (waiting_since.definition).enabled_at > (waiting_since.definition).created_at then
      greatest(waiting_since.last_success_at, (waiting_since.definition).enabled_at)
    else coalesce(waiting_since.last_success_at, (waiting_since.definition).enabled_at)
  end;
$function$;

revoke all on function jobs.waiting_since(jobs.definitions, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.waiting_since(jobs.definitions, timestamptz) is
  'From when on a job''s next success is waited for: its last one, but not before it was enabled again; without one, '
  'when it was registered.';

create function jobs.expectations(
  as_of timestamptz default now(),
  job_name text default null
)
returns table (
  job_name text,
  expected_interval interval,
  last_run_at timestamptz,
  last_success_at timestamptz,
  overdue_since timestamptz,
  is_missed boolean
)
language sql
stable
set search_path = ''
as $function$
  select
    definition.job_name,
    definition.expected_interval,
    last_run.started_at,
    last_success.started_at,
    expected.since,
    expected.since < expectations.as_of
  from jobs.definitions as definition
  -- Asked for like this, only an index by job has the order. From an index by
  -- time alone, which looks as cheap, a job without runs would take all of it.
  left join lateral (
    select run.started_at
    from public.jobs_log as run
    where run.job_name = any (array[definition.job_name])
      and run.started_at <= expectations.as_of
    order by run.job_name, run.started_at desc
    limit 1
  ) as last_run on true
  left join lateral (
    select run.started_at
    from public.jobs_log as run
    where run.job_name = any (array[definition.job_name])
      and run.status = 'success'
      and run.started_at <= expectations.as_of
    order by run.job_name, run.started_at desc
    limit 1
  ) as last_success on true
  cross join lateral (
    select jobs.waiting_since(definition, last_success.started_at) + definition.expected_interval as since
  ) as expected
  where definition.enabled
    and (expectations.job_name is null or definition.job_name = expectations.job_name);
$function$;

revoke all on function jobs.expectations(timestamptz, text)
  from public, anon, authenticated, service_role;

comment on function jobs.expectations(timestamptz, text) is
  'Each enabled job, or (job_name) that one, against its expected_interval: one row a job, a few index probes '
  'each. is_missed: no run that succeeded has started within the interval, nor was the job enabled within it; '
  'overdue_since is the instant from which that is so. Stands in one place for alerts, catch-up and health.';

create function jobs.raise_missed_run(
  job_name text,
  as_of timestamptz default now()
)
returns uuid
language sql
set search_path = ''
as $function$
  select jobs.raise_incident(
    job_name => expectation.job_name,
    kind => 'run_missed',
    details => jsonb_build_object(
      'last_run_at', expectation.last_run_at,
      'last_success_at', expectation.last_success_at,
      'hours_since_last_run', jobs.hours_between(expectation.last_run_at, raise_missed_run.as_of),
      'hours_since_last_success', jobs.hours_between(expectation.last_success_at, raise_missed_run.as_of),
      'expected_interval_hours', round(extract(epoch from expectation.expected_interval) / 3600, 1)
    ),
    as_of => raise_missed_run.as_of
  )
  from jobs.expectations(raise_missed_run.as_of, raise_missed_run.job_name) as expectation
  where expectation.is_missed
    -- Observing it again is no news; it would only write.
    and not exists (
      select 1
      from jobs.incidents as incident
      where incident.job_name = raise_missed_run.job_name
        and incident.kind = 'run_missed'
        and incident.closed_at is null
        and incident.last_alerted_at > raise_missed_run.as_of - interval '24 hours'
    );
$function$;

revoke all on function jobs.raise_missed_run(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_missed_run(text, timestamptz) is
  'Opens the incident run_missed when the job has missed a run, or reminds of it after 24 hours. '
  'Idempotent. Returns the id of the alert, or null when there is nothing to tell.';

create function jobs.catch_up_delay(failures bigint)
returns interval
language sql
immutable
set search_path = ''
as $function$
  select case
    when catch_up_delay.failures = 0 then interval '0'
    else least(interval '1 minute' * 2 ^ least(catch_up_delay.failures - 1, 10), interval '1 hour')
  end;
$function$;

revoke all on function jobs.catch_up_delay(bigint)
  from public, anon, authenticated, service_role;

comment on function jobs.catch_up_delay(bigint) is
  'How long to wait after the last of so many failures in a row before the run is tried again: '
  '1, 2, 4 minutes and so on, at most an hour. After none: at once.';

create function jobs.due_catch_ups(as_of timestamptz default now())
returns setof text
language sql
stable
set search_path = ''
as $function$
  select definition.job_name
  from jobs.definitions as definition
  join jobs.expectations(due_catch_ups.as_of) as expectation
    on expectation.job_name = definition.job_name
  cross join lateral (
    select
      count(*) as failures,
      max(run.completed_at) as last_failed_at
    from public.jobs_log as run
    where run.job_name = definition.job_name
      and run.status = 'failed'
      and run.started_at > coalesce(expectation.last_success_at, '-infinity')
      and run.started_at <= due_catch_ups.as_of
  ) as since_success
  where definition.catch_up
    and (expectation.is_missed or since_success.failures > 0)
    and due_catch_ups.as_of >= coalesce(since_success.last_failed_at, '-infinity')
      + jobs.catch_up_delay(since_success.failures)
    and not exists (
      select 1
      from public.jobs_log as run
      where run.job_name = definition.job_name
        and run.status = 'running'
    )
  -- Those that have waited longest come first when time runs out.
  order by since_success.last_failed_at nulls first, definition.job_name;
$function$;

revoke all on function jobs.due_catch_ups(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.due_catch_ups(timestamptz) is
  'The enabled jobs with catch_up whose run is to be made up for now: the last one failed or was missed, none is running, '
  'and the back-off after the last failure (jobs.catch_up_delay) is over. Returns their names.';
