begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
\ir ../../health/arrange_job_checks.psql
select no_plan();

create function pg_temp.is_active(entry text default 'pgtap-job')
returns boolean
language sql
as $$
  select scheduled.active
  from cron.job as scheduled
  where scheduled.jobname = is_active.entry;
$$;

create function pg_temp.actions_of(job_name text default 'pgtap-job')
returns text[]
language sql
as $$
  select coalesce(
    array_agg(
      concat_ws(' ', requested.action, 'by', requested.requested_by || ':', requested.reason)
      order by requested.requested_at, requested.action
    ),
    '{}'
  )
  from jobs.actions as requested
  where requested.job_name = actions_of.job_name;
$$;

select pg_temp.register('pgtap-job');
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-10 12:00:00+00');

select is(
  jobs.pause('pgtap-job', e' a\tprovider is down\n', as_of => '2001-03-11 00:00:00+00')
    - array['requested_at', 'requested_by'],
  jsonb '{
    "action": "pause", "job_name": "pgtap-job", "run_id": null, "channel": null, "reason": "a provider is down",
    "until": null, "ended_at": null, "changed": true
  }',
  'A job is paused, with the reason as one line'
);
select is(pg_temp.is_active(), false, 'Its entry in pg_cron is there and inactive');
select is(
  pg_temp.actions_of(),
  array[format('pause by %s: a provider is down', session_user)],
  'jobs.actions says who asked and why'
);

select is(
  jobs.pause('pgtap-job', 'a provider is down', as_of => '2001-03-11 01:00:00+00') -> 'changed',
  'false',
  'A second time it changes nothing'
);
select is(cardinality(pg_temp.actions_of()), 1, 'And adds no row');

select is(pg_temp.findings('pgtap-job', '2001-03-20 00:00:00+00'), '{}', 'A paused job is not judged by its missing runs and entry');
select is_empty(
  $$select 1 from jobs.due_catch_ups('2001-03-20 00:00:00+00') as due (job_name) where due.job_name = 'pgtap-job'$$,
  'It is not caught up'
);
select jobs.supervise('2001-03-20 00:00:00+00');
select is(pg_temp.new_alerts(), '{}', 'It has missed no run');

select is(
  jobs.job_health_report('2001-03-20 00:00:00+00', 'pgtap-job') #>> '{0,paused,reason}',
  'a provider is down',
  'The health report lists it as paused'
);

select jobs.register(
  job_name => 'pgtap-job',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *',
  expected_interval => '25 hours'
);
select is(pg_temp.is_active(), false, 'A job that is registered again stays paused');

select cron.unschedule('pgtap-job');
select is(
  (pg_temp.findings('pgtap-job', '2001-03-20 00:00:00+00'))[1] ~ '^critical schedule_missing',
  true,
  'A paused job whose entry is gone is reported: resuming would start nothing'
);
select jobs.register(
  job_name => 'pgtap-job',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *',
  expected_interval => '25 hours'
);

-- Another reason

select jobs.pause('pgtap-job', 'for the weekend', '2001-03-22 00:00:00+00', 'ada@school.example', '2001-03-20 00:00:00+00');
select is(
  pg_temp.actions_of(),
  array[
    format('pause by %s: a provider is down', session_user),
    'pause by ada@school.example: for the weekend'
  ],
  'Another reason replaces the former, which stays on record'
);
select is(
  (select count(*) from jobs.actions where job_name = 'pgtap-job' and ended_at is null),
  1::bigint,
  'One pause is in force'
);

-- Resumed by the supervisor

select jobs.supervise('2001-03-21 23:59:59+00');
select is(pg_temp.is_active(), false, 'Until the end of a pause it lasts');
select jobs.supervise('2001-03-22 00:00:00+00');
select is(pg_temp.is_active(), true, 'Then the supervisor resumes the job');
select is(
  (pg_temp.actions_of())[3] ~ '^resume by job-supervisor: The pause was to end at .*: for the weekend$',
  true,
  'And says so'
);
select is(pg_temp.findings('pgtap-job', '2001-03-22 01:00:00+00'), '{}', 'Runs are expected from the resume on');
select is(
  (pg_temp.findings('pgtap-job', '2001-03-23 01:00:01+00'))[1] ~ '^critical run_missed',
  true,
  'One interval later a run is missed'
);

-- Resumed by hand

select is(
  jobs.resume('pgtap-job', as_of => '2001-03-22 02:00:00+00') -> 'changed',
  'false',
  'A job that is not paused is resumed without an effect'
);
select is(cardinality(pg_temp.actions_of()), 3, 'And without a row');
select jobs.pause('pgtap-job', 'again', as_of => '2001-03-22 02:00:00+00');
select is(
  jobs.resume('pgtap-job', 'it works', 'ada@school.example', '2001-03-22 03:00:00+00') -> 'changed',
  'true',
  'A paused job is resumed by hand'
);
select is(pg_temp.is_active(), true, 'Its entry is active again');

-- A job that is disabled

select jobs.register(
  job_name => 'pgtap-job', description => 'A job of the tests', schedule => '0 0 1 1 *', enabled => false
);
select jobs.pause('pgtap-job', 'disabled and paused', as_of => '2001-03-22 04:00:00+00');
select jobs.resume('pgtap-job', as_of => '2001-03-22 05:00:00+00');
select is(pg_temp.is_active(), false, 'Resuming enables no job that is disabled');

-- A job that is unregistered

select jobs.pause('pgtap-job', 'before it goes', as_of => '2001-03-22 06:00:00+00');
select jobs.unregister('pgtap-job');
select pg_temp.register('pgtap-job');
select is(pg_temp.is_active(), true, 'A job that is registered anew is not paused');

-- Refusals

select throws_ok(
  $$select jobs.pause('pgtap-unknown', 'why not')$$, 'PT404', 'there is no job pgtap-unknown',
  'An unknown job is not paused'
);
select throws_ok(
  $$select jobs.resume('pgtap-unknown')$$, 'PT404', 'there is no job pgtap-unknown', 'Nor resumed'
);
select throws_ok(
  $$select jobs.pause('pgtap-job', ' ')$$, '22023', 'a reason is required: anyone who reads it later has to know why',
  'Without a reason no job is paused'
);
select throws_ok(
  format($$select jobs.pause('pgtap-job', %L)$$, repeat('a', 501)),
  '22023', 'a reason has at most 500 characters, this one has 501',
  'A reason has its limit'
);
select throws_ok(
  $$select jobs.pause('pgtap-job', 'why not', now())$$, '22023', null, 'A pause does not end at once'
);
select throws_ok(
  $$select jobs.pause('pgtap-job', 'why not', 'infinity')$$, '22023', null, 'A pause ends at an instant'
);
select throws_ok(
  $$select jobs.pause(null, 'why not')$$, 'PT404', 'there is no job null', 'A job is required'
);

select * from finish();
rollback;
