begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-quick');
select pg_temp.insert_runs('pgtap-quick', 9, took => '1 second');
select pg_temp.register('pgtap-else');

-- One job of many

select results_eq(
  $$select * from jobs.job_stats('2001-03-10 13:00:00+00', 'pgtap-quick')$$,
  $$select * from jobs.job_stats('2001-03-10 13:00:00+00') where job_name = 'pgtap-quick'$$,
  'The stats of one job are the same as among all jobs'
);
select is_empty(
  $$select * from jobs.job_stats('2001-03-10 13:00:00+00', 'pgtap-unknown')$$,
  'A job that is not monitored has no stats'
);

select * from finish();
rollback;
