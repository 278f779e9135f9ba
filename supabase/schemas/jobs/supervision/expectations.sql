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
  -- Written like this, only an index by job has the order. An index by time
  -- alone looks as cheap, but for a job without runs all of it would be read.
  left join lateral (
    select run.started_at
    from public.jobs_log as run
    where run.job_name = any (array[definition.job_name])
      and run.started_at <= expectations.as_of
    order by run.job_name, run.started_at desc
    limit 1
  ) as last_run on true
  cross join lateral jobs.last_success_at(definition.job_name, expectations.as_of) as last_success (started_at)
  cross join lateral (
    select jobs.success_awaited_since(definition, last_success.started_at) + definition.expected_interval as since
  ) as expected
  where definition.enabled
    and not exists (
      select 1
      from jobs.actions as pause
      where pause.job_name = definition.job_name
        and pause.action = 'pause'
        and pause.ended_at is null
    )
    and (expectations.job_name is null or definition.job_name = expectations.job_name);
$function$;

revoke all on function jobs.expectations(timestamptz, text)
  from public, anon, authenticated, service_role;

comment on function jobs.expectations(timestamptz, text) is
  'Compares each enabled job that is not paused, or with job_name that one, with its expected_interval: one row and a few '
  'index probes per job. is_missed: no run that succeeded and was not continued has started within the interval, nor was '
  'the job enabled within it; '
  'overdue_since is the instant from which that is so. Alerts, catch-up and health all use it.';
