begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

-- Disabled, and not registered

select pg_temp.register('pgtap-off', enabled => false);
select pg_temp.insert_run('pgtap-off', 'failed', '2001-03-10 12:00:00+00');
select is(
  pg_temp.findings('pgtap-off', '2001-06-01 12:00:00+00'),
  '{}',
  'A disabled job has no missed run'
);
select pg_temp.insert_run('pgtap-off', 'running', '2001-03-10 12:00:00+00');
select matches(
  (pg_temp.findings('pgtap-off'))[1],
  'run_stuck',
  'A run of a disabled job can be stuck'
);

select pg_temp.insert_run('pgtap-else', 'success', '2001-03-10 11:00:00+00');
select is(pg_temp.findings('pgtap-else'), '{}', 'An unregistered job without an open incident is not reported');
select pg_temp.insert_run('pgtap-else', 'failed', '2001-03-10 12:00:00+00', error_message => 'No ink');
select is(
  pg_temp.findings('pgtap-else', '2001-06-01 12:00:00+00'),
  array['critical last_run_failed: The last run failed 1992 hours ago: No ink'],
  'An unregistered job with an open incident is judged by its runs'
);
select jobs.close_incidents_silently('pgtap-else');
select is(pg_temp.findings('pgtap-else'), '{}', 'An unregistered job is not reported after its incident is closed');

select * from finish();
rollback;
