begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-job');
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-10 12:00:00+00');
select is(pg_temp.findings('pgtap-job'), '{}', 'A job that has run well within its interval is well');

select cron.unschedule('pgtap-job');
select is(
  pg_temp.findings('pgtap-job'),
  array[
    'critical schedule_missing: The pg_cron entry pgtap-job is missing, so nothing starts the job at 0 0 1 1 *. '
      'The last run was 1 hour ago.'
  ],
  'A job without an entry is not started'
);
select pg_temp.register('pgtap-new', enabled_at => '2001-03-10 11:00:00+00');
select cron.unschedule('pgtap-new');
select is(
  (pg_temp.findings('pgtap-new', '2001-03-10 12:00:00+00'))[2],
  'critical schedule_missing: The pg_cron entry pgtap-new is missing, so nothing starts the job at 0 0 1 1 *. It has never run.',
  'It says when there never was a run'
);
select pg_temp.register('pgtap-job');
select is(pg_temp.findings('pgtap-job'), '{}', 'Registering it again fixes that');

select * from finish();
rollback;
