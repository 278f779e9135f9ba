begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

create function pg_temp.given_up(as_of timestamptz default '2001-03-10 16:00:00+00')
returns text[]
language sql
as $$
  select array(
    select finding
    from unnest(pg_temp.findings('pgtap-job', given_up.as_of)) as finding
    where finding like '%catch_up_given_up%'
  );
$$;

select pg_temp.register('pgtap-job');
update jobs.definitions set max_catch_ups = 3 where job_name = 'pgtap-job';
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-10 12:00:00+00');
select pg_temp.insert_run('pgtap-job', 'failed', '2001-03-10 13:00:00+00');
select pg_temp.insert_run('pgtap-job', 'failed', '2001-03-10 14:00:00+00');
select is(pg_temp.given_up(), '{}', 'While it is being caught up nothing was given up');

select pg_temp.insert_run('pgtap-job', 'failed', '2001-03-10 15:00:00+00');
select is(
  pg_temp.given_up(),
  array[
    'critical catch_up_given_up: 3 runs in a row have failed, the last 1 hour ago. The supervisor does not try again: '
      'the next tick does (0 0 1 1 *), or a person.'
  ],
  'After max_catch_ups failures in a row it was given up; the message says what happens next'
);
select pg_temp.start_over();
select jobs.supervise('2001-03-10 16:00:00+00');
select is(
  pg_temp.new_alerts(),
  array['job_unhealthy of pgtap-job'],
  'The supervisor raises it'
);
update jobs.definitions set catch_up = false where job_name = 'pgtap-job';
select is(pg_temp.given_up(), '{}', 'A job without catch-up gives nothing up');
update jobs.definitions set catch_up = true where job_name = 'pgtap-job';

select pg_temp.insert_run('pgtap-job', 'success', '2001-03-10 15:30:00+00');
select is(pg_temp.given_up(), '{}', 'A success ends it');
select jobs.supervise('2001-03-10 16:01:00+00');
select is(pg_temp.new_alerts(), array['job_recovered of pgtap-job'], 'The supervisor says so');

select * from finish();
rollback;
