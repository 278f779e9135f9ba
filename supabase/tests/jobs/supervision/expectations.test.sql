begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

create function pg_temp.is_missed(job_name text, as_of timestamptz)
returns boolean
language sql
as $$
  select expectation.is_missed
  from jobs.expectations(is_missed.as_of) as expectation
  where expectation.job_name = is_missed.job_name;
$$;

-- The edge: 25 hours

select pg_temp.register('pgtap-daily', enabled_at => '2001-03-01 12:00:00+00');

select is(
  pg_temp.is_missed('pgtap-daily', '2001-03-02 13:00:00+00'),
  false,
  'A job that has never run is due one expected interval after it was enabled'
);
select is(
  pg_temp.is_missed('pgtap-daily', '2001-03-02 13:00:00.000001+00'),
  true,
  'A job that has never run has missed a run a microsecond later'
);

select pg_temp.insert_run('pgtap-daily', 'success', '2001-03-02 12:00:00+00', took => '3 hours');

select is(
  pg_temp.is_missed('pgtap-daily', '2001-03-03 13:00:00+00'),
  false,
  'After a success the interval counts from its start'
);
select is(
  pg_temp.is_missed('pgtap-daily', '2001-03-03 13:00:00.000001+00'),
  true,
  'A job has missed the next run a microsecond after that interval'
);

select pg_temp.insert_run('pgtap-daily', 'failed', '2001-03-03 12:00:00+00');
select pg_temp.insert_run('pgtap-daily', 'running', '2001-03-03 12:30:00+00');

select results_eq(
  $$
    select expected_interval, last_run_at, last_success_at, overdue_since, is_missed
    from jobs.expectations('2001-03-03 13:00:00.000001+00')
    where job_name = 'pgtap-daily'
  $$,
  $$
    values (
      interval '25 hours',
      timestamptz '2001-03-03 12:30:00+00',
      timestamptz '2001-03-02 12:00:00+00',
      timestamptz '2001-03-03 13:00:00+00',
      true
    )
  $$,
  'Only a success counts as a success; a failed or running one counts as the last run'
);

select results_eq(
  $$
    select last_run_at, last_success_at
    from jobs.expectations('2001-03-02 11:59:59.999999+00')
    where job_name = 'pgtap-daily'
  $$,
  'values (null::timestamptz, null::timestamptz)',
  'Runs after as_of are not seen'
);

select results_eq(
  $$
    select last_run_at, last_success_at
    from jobs.expectations('2001-03-02 12:00:00+00')
    where job_name = 'pgtap-daily'
  $$,
  $$values (timestamptz '2001-03-02 12:00:00+00', timestamptz '2001-03-02 12:00:00+00')$$,
  'A run that started at as_of is seen'
);

-- Changes of the clocks

set local timezone = 'Europe/Berlin';
select pg_temp.register('pgtap-spring', enabled_at => '2001-03-24 12:00:00+01');
select is(
  pg_temp.is_missed('pgtap-spring', '2001-03-25 14:00:00+02'),
  false,
  'The interval is 25 hours even when the clocks go forward'
);
select is(
  pg_temp.is_missed('pgtap-spring', '2001-03-25 14:00:00.000001+02'),
  true,
  'And no longer'
);
set local timezone = 'UTC';

-- Enabled and disabled jobs

select pg_temp.register('pgtap-off', enabled => false);
select is(
  pg_temp.is_missed('pgtap-off', '2001-06-01 12:00:00+00'),
  null,
  'Nothing is expected of a job that is disabled'
);

select pg_temp.insert_run('pgtap-off', 'success', now() - interval '30 days');
select jobs.register(
  job_name => 'pgtap-off',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *'
);
select is(
  pg_temp.is_missed('pgtap-off', now() + interval '25 hours'),
  false,
  'The interval of a job that is enabled again counts from then, however old its last success is'
);
select is(
  pg_temp.is_missed('pgtap-off', now() + interval '25 hours 1 microsecond'),
  true,
  'And no longer'
);

update jobs.definitions
set enabled_at = '2001-03-01 00:00:00+00'
where job_name = 'pgtap-off';
select jobs.register(
  job_name => 'pgtap-off',
  description => 'Another description',
  schedule => '0 0 1 1 *'
);
select is(
  (select enabled_at from jobs.definitions where job_name = 'pgtap-off'),
  timestamptz '2001-03-01 00:00:00+00',
  'Registering an enabled job again does not change when it was enabled'
);

select throws_ok(
  $$
    select jobs.register(
      job_name => 'duewatch',
      description => 'A job of the tests',
      schedule => '0 0 1 1 *'
    )
  $$,
  '23514',
  null,
  'A job cannot be named duewatch'
);

-- Hours

select is(jobs.elapsed_hours(earlier, later), hours, description)
from (
  values
    ('2001-03-10 12:00+00'::timestamptz, '2001-03-11 14:00+00'::timestamptz, 26.0, 'Hours count across days'),
    ('2001-03-10 12:00+00', '2001-03-10 12:02:59+00', 0.0, 'Less than three minutes are 0.0 hours'),
    ('2001-03-10 12:00+00', '2001-03-10 12:03:00+00', 0.1, 'Hours have one decimal'),
    (null, '2001-03-10 12:03:00+00', null, 'A null instant gives null hours')
) as pairs (earlier, later, hours, description);

-- Alerts

create function pg_temp.missed(as_of timestamptz)
returns uuid
language sql
as $$
  select jobs.raise_missed_run(job_name => 'pgtap-daily', as_of => missed.as_of);
$$;

select pg_temp.new_alerts();

select is(pg_temp.missed('2001-03-03 13:00:00+00'), null, 'A run that is not missed yet raises no alert');
select isnt(pg_temp.missed('2001-03-03 13:30:00+00'), null, 'A missed run raises an alert');
select is(pg_temp.new_alerts(), array['run_missed of pgtap-daily'], 'The alert of a missed run is of the kind run_missed');
select is(
  (pg_temp.last_alert()).details - 'job',
  jsonb_build_object(
    'last_run_at', timestamptz '2001-03-03 12:30:00+00',
    'last_success_at', timestamptz '2001-03-02 12:00:00+00',
    'hours_since_last_run', 1.0,
    'hours_since_last_success', 25.5,
    'expected_interval_hours', 25.0,
    'occurrences', 1
  ),
  'The alert of a missed run has the hours since the last run and the last success'
);

create table pg_temp.incidents_before as
select
  incident.*,
  incident.ctid as row_pointer
from jobs.incidents as incident;

select pg_temp.missed('2001-03-03 14:30:00+00');
select pg_temp.missed('2001-03-04 13:29:59.999999+00');
select is(pg_temp.new_alerts(), '{}', 'Within 24 hours there is no reminder of a missed run');
select results_eq(
  'select *, ctid from jobs.incidents',
  'select * from pg_temp.incidents_before',
  'Within 24 hours nothing is written'
);

select pg_temp.missed('2001-03-04 13:30:00+00');
select is(pg_temp.new_alerts(), array['run_missed of pgtap-daily, reminder 1'], 'After 24 hours there is a reminder of a missed run');
select is(
  (pg_temp.last_alert()).details ->> 'hours_since_last_success',
  '49.5',
  'The reminder has the hours as of its own time'
);

select is(
  jobs.raise_missed_run('pgtap-unknown', '2001-03-10 12:00:00+00'),
  null,
  'An unregistered job has no missed run'
);

-- A job that was never disabled is judged by all its runs, including those from
-- before it was registered.

select jobs.register(job_name => 'pgtap-just-registered', description => 'A job of the tests', schedule => '0 0 1 1 *');
insert into public.jobs_log (job_name, started_at, status)
values ('pgtap-just-registered', now() - interval '25 hours', 'success');

select results_eq(
  $$select overdue_since, is_missed from jobs.expectations(now()) where job_name = 'pgtap-just-registered'$$,
  $$values (now(), false)$$,
  'A job that was registered today and succeeded 25 hours ago has not missed a run'
);
select results_eq(
  $$
    select overdue_since, is_missed
    from jobs.expectations(now() + interval '1 microsecond')
    where job_name = 'pgtap-just-registered'
  $$,
  $$values (now(), true)$$,
  'A job that was registered today has missed a run a microsecond later'
);

select * from finish();
rollback;
