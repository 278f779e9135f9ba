begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-job');
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-10 12:00:00+00');
select is(pg_temp.findings('pgtap-job'), '{}', 'A job that is enabled and scheduled is well');

update jobs.definitions
set enabled = false
where job_name = 'pgtap-job';
select is(
  pg_temp.findings('pgtap-job'),
  array[
    'critical disabled_but_scheduled: The job is registered as disabled, but its pg_cron entry pgtap-job is active. '
      'It runs, and a missed run is not noticed.'
  ],
  'A definition that was disabled by an update leaves the entry active'
);
select pg_temp.register('pgtap-job', enabled => false);
select is(pg_temp.findings('pgtap-job'), '{}', 'A job that is registered as disabled has an inactive entry');

update jobs.definitions
set enabled = true
where job_name = 'pgtap-job';
select is(
  array(select split_part(finding, ':', 1) from unnest(pg_temp.findings('pgtap-job')) as finding),
  array['critical schedule_inactive'],
  'A definition that was enabled by an update leaves the entry inactive'
);
select pg_temp.register('pgtap-job');
select is(pg_temp.findings('pgtap-job'), '{}', 'Registering the job again fixes that');

select * from finish();
rollback;
