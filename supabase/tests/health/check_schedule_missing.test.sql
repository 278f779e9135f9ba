begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-job');
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-10 12:00:00+00');
select is(pg_temp.findings('pgtap-job'), '{}', 'A job that succeeded within its interval is ok');

select cron.unschedule('pgtap-job');
select is(
  pg_temp.findings('pgtap-job'),
  array[
    'critical schedule_missing: The pg_cron entry pgtap-job is missing, so nothing starts the job at 0 0 1 1 *. '
      'The last run was 1 hour ago.'
  ],
  'A missing entry is critical'
);
select pg_temp.register('pgtap-new', enabled_at => '2001-03-10 11:00:00+00');
select cron.unschedule('pgtap-new');
select is(
  (pg_temp.findings('pgtap-new', '2001-03-10 12:00:00+00'))[2],
  'critical schedule_missing: The pg_cron entry pgtap-new is missing, so nothing starts the job at 0 0 1 1 *. It has never run.',
  'The message says when the job has never run'
);
select pg_temp.register('pgtap-job');
select is(pg_temp.findings('pgtap-job'), '{}', 'The reason ends when the job is registered again');

select * from finish();
rollback;
