begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_runs.psql
select no_plan();

create function pg_temp.counters_of(
  job_name text,
  as_of timestamptz default '2001-03-20 12:00:00+00'
)
returns jsonb
language sql
as $$
  select counted.job
  from jsonb_array_elements(public.get_job_counters(as_of => counters_of.as_of) -> 'jobs') as counted (job)
  where counted.job ->> 'job_name' = counters_of.job_name;
$$;

select is(
  public.get_job_counters(),
  '{"jobs": [], "health": [], "alerts": []}',
  'Without a job every list is empty'
);

select pg_temp.register('pgtap-a');
select is(
  pg_temp.counters_of('pgtap-a'),
  '{
    "job_name": "pgtap-a",
    "successes": 0,
    "failures": 0, "cancelled": 0,
    "records_updated": 0,
    "duration_ms": 0,
    "failed_items": 0,
    "running": 0,
    "last_run_at": null,
    "last_run_succeeded": null,
    "last_run_duration_ms": null,
    "last_success_at": null,
    "expected_interval_seconds": 90000.000000
  }',
  'The counters of a registered job that has never run begin at 0'
);

select pg_temp.log_run(
  'pgtap-a', '2001-03-10 12:00:00+00', took_ms => 1500, records_updated => 40, failed_items => 2
);
select pg_temp.log_run('pgtap-a', '2001-03-11 12:00:00+00', 'failed', took_ms => 250, records_updated => 2);
select pg_temp.log_run('pgtap-a', '2001-03-12 12:00:00+00', 'running', records_updated => 100);
select is(
  pg_temp.counters_of('pgtap-a'),
  jsonb_build_object(
    'job_name', 'pgtap-a',
    'successes', 1,
    'failures', 1, 'cancelled', 0,
    'records_updated', 42,
    'duration_ms', 1750,
    'failed_items', 2,
    'running', 1,
    'last_run_at', timestamptz '2001-03-11 12:00:00+00',
    'last_run_succeeded', false,
    'last_run_duration_ms', 250,
    'last_success_at', timestamptz '2001-03-10 12:00:00+00',
    'expected_interval_seconds', 90000
  ),
  'The totals count all ended runs, and the last run is the last of these'
);
select is(
  pg_temp.counters_of('pgtap-a', '2001-03-11 11:59:59.999999+00')
    - array['successes', 'failures', 'cancelled', 'records_updated', 'duration_ms', 'failed_items', 'running'],
  jsonb_build_object(
    'job_name', 'pgtap-a',
    'last_run_at', timestamptz '2001-03-10 12:00:00+00',
    'last_run_succeeded', true,
    'last_run_duration_ms', 1500,
    'last_success_at', timestamptz '2001-03-10 12:00:00+00',
    'expected_interval_seconds', 90000
  ),
  'A run that starts after as_of is not the last run'
);

select pg_temp.log_run('pgtap-logged', '2001-03-10 12:00:00+00', took_ms => 10);
select is(
  pg_temp.counters_of('pgtap-logged') - array['job_name', 'last_run_at', 'last_success_at'],
  '{
    "successes": 1,
    "failures": 0, "cancelled": 0,
    "records_updated": 0,
    "duration_ms": 10,
    "failed_items": 0,
    "running": 0,
    "last_run_succeeded": true,
    "last_run_duration_ms": 10,
    "expected_interval_seconds": null
  }',
  'A job that is only logged is counted and has no expected interval'
);

select pg_temp.counters_of('pgtap-a') as before_pruning \gset
select pg_temp.log_run('pgtap-a', '2001-03-13 12:00:00+00', 'failed');
select pg_temp.log_run('pgtap-a', '2001-03-14 12:00:00+00');
select jobs.prune(as_of => '2001-12-01 00:00:00+00');
select is(
  (select count(*) from public.jobs_log where job_name = 'pgtap-a' and status <> 'running'),
  1::bigint,
  'Pruning leaves one of four ended runs'
);
select results_eq(
  $$
    select
      (counted.job -> 'successes')::int,
      (counted.job -> 'failures')::int,
      (counted.job -> 'records_updated')::int,
      (counted.job -> 'failed_items')::int
    from (select pg_temp.counters_of('pgtap-a')) as counted (job)
  $$,
  'values (2, 2, 42, 2)',
  'Pruned runs stay counted'
);

select pg_temp.log_run('pgtap-z', '2001-03-10 12:00:00+00');
select is(
  (
    select array_agg(counted.job ->> 'job_name' order by counted.position)
    from jsonb_array_elements(public.get_job_counters() -> 'jobs') with ordinality as counted (job, position)
  ),
  array['pgtap-a', 'pgtap-logged', 'pgtap-z'],
  'Every job is listed once, by name'
);

select pg_temp.start_over();
select pg_temp.claim(channels => pg_temp.channels('email', 'slack'));
select pg_temp.raise_alert('pgtap-a');
select is(
  public.get_job_counters(as_of => now() + interval '1 minute') -> 'alerts',
  '[
    {"channel": "email", "pending": 1, "oldest_pending_seconds": 60, "given_up_24h": 0},
    {"channel": "slack", "pending": 1, "oldest_pending_seconds": 60, "given_up_24h": 0}
  ]',
  'Pending deliveries are counted by channel'
);
select is(
  public.get_job_counters(as_of => '2001-03-14 12:30:00+00') -> 'health',
  '[{"job_name": "pgtap-a", "status": "critical"}]',
  'The status is that of registered jobs at as_of'
);

select * from finish();
rollback;
