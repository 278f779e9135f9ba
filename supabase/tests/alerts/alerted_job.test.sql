begin;
\ir ../arrange.psql
select no_plan();

select jobs.register(
  'pgtap-told', 'A job of the tests', '0 0 1 1 *',
  impact => ' nobody is counted ',
  expected_interval => '100 years',
  max_catch_ups => 2
);
update jobs.definitions set enabled_at = '2001-03-01 00:00:00+00' where job_name = 'pgtap-told';

create function pg_temp.next(at timestamptz)
returns text
language sql
as $$
  select jobs.alerted_job('pgtap-told', next.at) ->> 'next';
$$;

create function pg_temp.log(status text, at timestamptz)
returns void
language sql
as $$
  insert into public.jobs_log (job_name, started_at, completed_at, status)
  values ('pgtap-told', log.at, log.at, log.status);
$$;

select is(
  jobs.alerted_job('pgtap-told', '2001-03-01 00:00:01+00'),
  jsonb_build_object(
    'description', 'A job of the tests',
    'impact', 'nobody is counted',
    'schedule', '0 0 1 1 *',
    'next', 'schedule',
    'catch_up_at', null
  ),
  'An alert has the words of the definition, and what starts the next run'
);
select is(jobs.alerted_job('pgtap-unknown'), null, 'Of a job that is not registered nothing is known');

select pg_temp.log('failed', '2001-03-01 01:00:00+00');
select is(
  jobs.alerted_job('pgtap-told', '2001-03-01 01:00:10+00') - 'description' - 'impact' - 'schedule',
  jsonb_build_object('next', 'catch_up', 'catch_up_at', timestamptz '2001-03-01 01:01:00+00'),
  'A failed run is caught up after the back-off'
);
select is(
  (jobs.alerted_job('pgtap-told', '2001-03-01 03:00:00+00') ->> 'catch_up_at')::timestamptz,
  timestamptz '2001-03-01 03:00:00+00',
  'If that is over, at once'
);

select pg_temp.log('failed', '2001-03-01 01:02:00+00');
select is(pg_temp.next('2001-03-01 01:02:01+00'), 'given_up', 'After max_catch_ups failures the supervisor gives up');

select pg_temp.log('success', '2001-03-01 02:00:00+00');
select is(pg_temp.next('2001-03-01 02:00:01+00'), 'schedule', 'After a success the schedule starts the next run');

select pg_temp.log('failed', '2001-03-01 03:00:00+00');
update jobs.definitions set catch_up = false where job_name = 'pgtap-told';
select is(pg_temp.next('2001-03-01 03:00:01+00'), 'schedule', 'Without catch-up, too');

update jobs.definitions set catch_up = true, expected_interval = '1 hour' where job_name = 'pgtap-told';
select pg_temp.log('success', '2001-03-01 04:00:00+00');
select is(pg_temp.next('2001-03-01 06:00:00+00'), 'catch_up', 'A missed run is caught up');

select jobs.pause('pgtap-told', 'a test');
select is(pg_temp.next('2001-03-01 06:00:00+00'), 'paused', 'A paused job is started by nothing');
update jobs.definitions set enabled = false where job_name = 'pgtap-told';
select is(pg_temp.next('2001-03-01 06:00:00+00'), 'disabled', 'Nor is a disabled one');

-- In the alert

select jobs.raise_alert('run_failed', 'pgtap-told', '{"run": null}');
select is(
  (select details #>> '{job,impact}' from jobs.alerts where job_name = 'pgtap-told' order by sequence desc limit 1),
  'nobody is counted',
  'It is part of the details'
);

select throws_ok(
  format(
    $$select jobs.register('pgtap-told', 'A job of the tests', '0 0 1 1 *', impact => %L)$$,
    repeat('x', 501)
  ),
  '23514', null, 'An impact has at most 500 characters'
);

select * from finish();
rollback;
