begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

create function pg_temp.is_due(job_name text, as_of timestamptz)
returns boolean
language sql
as $$
  select is_due.job_name in (
    select due.job_name
    from jobs.due_catch_ups(is_due.as_of) as due (job_name)
  );
$$;

-- Missed

select pg_temp.register('pgtap-missed', enabled_at => '2001-03-09 12:00:00+00');

select is(pg_temp.is_due('pgtap-missed', '2001-03-10 13:00:00+00'), false, 'Without a missed run there is no catch-up run');
select is(pg_temp.is_due('pgtap-missed', '2001-03-10 13:00:00.000001+00'), true, 'A missed run is caught up at once');

-- Failed: 1, 2, 4 minutes and so on, at most an hour

select pg_temp.register('pgtap-failed', enabled_at => '2001-03-10 00:00:00+00');
select pg_temp.insert_run('pgtap-failed', 'success', '2001-03-10 12:00:00+00');

select is(
  pg_temp.is_due('pgtap-failed', '2001-03-10 12:00:01+00'),
  false,
  'After a success no catch-up run is due'
);

select pg_temp.insert_run('pgtap-failed', 'failed', '2001-03-10 12:10:00+00', took => '5 minutes');

select is(
  pg_temp.is_due('pgtap-failed', '2001-03-10 12:15:59.999999+00'),
  false,
  'A failed run is not caught up within a minute of its end'
);
select is(pg_temp.is_due('pgtap-failed', '2001-03-10 12:16:00+00'), true, 'A failed run is caught up a minute after its end');

select pg_temp.insert_run('pgtap-failed', 'failed', '2001-03-10 12:16:00+00');
select is(
  pg_temp.is_due('pgtap-failed', '2001-03-10 12:17:59.999999+00'),
  false,
  'After a second failure no catch-up run is due after a minute'
);
select is(pg_temp.is_due('pgtap-failed', '2001-03-10 12:18:00+00'), true, 'Two minutes are');

select is(
  array(select jobs.catch_up_delay(failures) from generate_series(0, 9) as failures),
  array[
    '0', '1 minute', '2 minutes', '4 minutes', '8 minutes', '16 minutes', '32 minutes', '1 hour', '1 hour', '1 hour'
  ]::interval[],
  'The delay doubles with each failure, up to an hour'
);
select is(jobs.catch_up_delay(9223372036854775807), interval '1 hour', 'The delay stays an hour after many failures');

select pg_temp.insert_run('pgtap-failed', 'success', '2001-03-10 12:18:00+00');
select is(pg_temp.is_due('pgtap-failed', '2001-03-10 18:00:00+00'), false, 'A success ends it');

select pg_temp.insert_run('pgtap-failed', 'failed', '2001-03-10 19:00:00+00');
select is(pg_temp.is_due('pgtap-failed', '2001-03-10 19:01:00+00'), true, 'The delay counts failures since the last success');

select pg_temp.insert_run('pgtap-failed', 'failed', '2001-03-10 20:00:00+00');
select is(
  pg_temp.is_due('pgtap-failed', '2001-03-10 19:01:00+00'),
  true,
  'A failure after as_of is not counted'
);

-- A run under way

select pg_temp.insert_run('pgtap-missed', 'running', '2001-03-10 13:00:00+00') as run_id \gset
select is(pg_temp.is_due('pgtap-missed', '2001-03-10 14:00:00+00'), false, 'No catch-up run is due while the job runs');

update public.jobs_log
set
  status = 'failed',
  completed_at = '2001-03-10 13:30:00+00'
where id = :'run_id';
select is(pg_temp.is_due('pgtap-missed', '2001-03-10 13:30:59+00'), false, 'The back-off begins when that run fails');
select is(pg_temp.is_due('pgtap-missed', '2001-03-10 13:31:00+00'), true, 'And ends');

-- No catch-up runs

select pg_temp.register('pgtap-no-catch-up', catch_up => false);
select pg_temp.register('pgtap-disabled', enabled => false);
select pg_temp.insert_run('pgtap-disabled', 'failed');
select pg_temp.insert_run('pgtap-unregistered', 'failed');

select is(
  pg_temp.is_due(job_name, '2001-06-01 12:00:00+00'),
  false,
  format('No catch-up run is due: %s', job_name)
)
from unnest(array['pgtap-no-catch-up', 'pgtap-disabled', 'pgtap-unregistered']) as job_name;

-- The order

select pg_temp.register('pgtap-recent', enabled_at => '2001-03-01 00:00:00+00');
select pg_temp.insert_run('pgtap-recent', 'failed', '2001-03-11 08:00:00+00');
select pg_temp.register('pgtap-longest', enabled_at => '2001-03-01 00:00:00+00');
select pg_temp.insert_run('pgtap-longest', 'failed', '2001-03-10 08:00:00+00');
select pg_temp.register('pgtap-never', enabled_at => '2001-03-01 00:00:00+00');

select results_eq(
  $$
    select due.job_name
    from jobs.due_catch_ups('2001-03-11 09:00:00+00') as due (job_name)
    where due.job_name in ('pgtap-recent', 'pgtap-longest', 'pgtap-never')
  $$,
  $$values ('pgtap-never'), ('pgtap-longest'), ('pgtap-recent')$$,
  'The jobs that have waited longest come first'
);

-- It ends

select jobs.register(
  job_name => 'pgtap-hopeless',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *',
  max_catch_ups => 3
);
update jobs.definitions
set created_at = '2001-03-01', enabled_at = '2001-03-01'
where job_name = 'pgtap-hopeless';
select pg_temp.insert_run('pgtap-hopeless', 'success', '2001-03-10 12:00:00+00');
select pg_temp.insert_run('pgtap-hopeless', 'failed', '2001-03-10 13:00:00+00');
select pg_temp.insert_run('pgtap-hopeless', 'failed', '2001-03-10 14:00:00+00');
select is(pg_temp.is_due('pgtap-hopeless', '2001-03-10 15:00:00+00'), true, 'Before max_catch_ups a failure is caught up');
select pg_temp.insert_run('pgtap-hopeless', 'failed', '2001-03-10 15:00:00+00');
select is(
  pg_temp.is_due('pgtap-hopeless', '2001-03-20 15:00:00+00'),
  false,
  'After as many failures in a row the supervisor does not try again, though the run is missed'
);
select pg_temp.insert_run('pgtap-hopeless', 'failed', '2001-03-11 12:00:00+00');
select is(
  pg_temp.is_due('pgtap-hopeless', '2001-03-11 14:00:00+00'),
  false,
  'Nor when the next tick has failed, too'
);
select pg_temp.insert_run('pgtap-hopeless', 'success', '2001-03-11 15:00:00+00');
select pg_temp.insert_run('pgtap-hopeless', 'failed', '2001-03-11 16:00:00+00');
select is(pg_temp.is_due('pgtap-hopeless', '2001-03-11 17:00:00+00'), true, 'A success starts the count again');

select throws_ok(
  $$select jobs.register('pgtap-none', 'A job of the tests', '0 0 1 1 *', max_catch_ups => 0)$$,
  '23514',
  null,
  'A job without catch-up runs is registered with catch_up => false'
);

select * from finish();
rollback;
