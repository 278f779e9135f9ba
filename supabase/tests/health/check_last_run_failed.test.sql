begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-job');
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-10 12:00:00+00');
select is(pg_temp.findings('pgtap-job'), '{}', 'A job that succeeded within its interval is ok');

select pg_temp.insert_run(
  'pgtap-job', 'failed', '2001-03-10 12:10:00+00', took => '5 minutes', error_message => 'No ink'
) as run_id
\gset

select is(
  pg_temp.findings('pgtap-job', '2001-03-10 15:15:00+00'),
  array[
    'critical last_run_failed: The last run failed 3 hours ago: No ink',
    'warning success_rate_low: 50.0 % of the 2 runs of the last 30 days succeeded and 1 failed; at least 95 % is expected.'
  ],
  'A failed last run is reported with its time and error'
);

select pg_temp.insert_run('pgtap-job', 'running', '2001-03-10 12:59:00+00') as running_id \gset
select matches(
  (pg_temp.findings('pgtap-job'))[1],
  'last_run_failed',
  'The reason stays while the next run is under way'
);
update public.jobs_log
set
  status = 'success',
  completed_at = '2001-03-10 13:00:00+00'
where id = :'running_id';
select is(
  array(select left(finding, 24) from unnest(pg_temp.findings('pgtap-job')) as finding),
  array['warning success_rate_low'],
  'The reason ends when the next run has succeeded'
);

update public.jobs_log
set error_message = null
where id = :'run_id';
delete from public.jobs_log
where id = :'running_id';
select is(
  (pg_temp.findings('pgtap-job', '2001-03-10 12:15:00+00'))[1],
  'critical last_run_failed: The last run failed just now: it left no message.',
  'A failed run without a message is reported'
);
update public.jobs_log
set error_message = repeat('💥', 1000)
where id = :'run_id';
select is(
  (pg_temp.findings('pgtap-job', '2001-03-10 12:15:00+00'))[1],
  'critical last_run_failed: The last run failed just now: ' || repeat('💥', 500),
  'A long message is cut'
);
delete from public.jobs_log
where id = :'run_id';
select is(pg_temp.findings('pgtap-job'), '{}', 'Without the failed run the job is ok');

select * from finish();
rollback;
