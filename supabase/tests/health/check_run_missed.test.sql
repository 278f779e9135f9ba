begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-new', enabled_at => '2001-03-10 11:00:00+00');

select is(
  pg_temp.findings('pgtap-new', '2001-03-11 12:30:00+00'),
  array['critical run_missed: No run has succeeded for 25.5 hours; one is expected every 25 hours. It has never run.'],
  'A job that has not run in its first interval has missed a run'
);

select pg_temp.insert_run('pgtap-new', 'success', '2001-03-11 12:30:00+00');
select pg_temp.insert_run('pgtap-new', 'running', '2001-03-12 13:30:00+00');
select is(pg_temp.findings('pgtap-new', '2001-03-12 13:30:00+00'), '{}', 'A job that succeeded within its interval is ok');
select is(
  pg_temp.findings('pgtap-new', '2001-03-12 13:30:00.000001+00'),
  array[
    'critical run_missed: No run has succeeded for 25 hours; one is expected every 25 hours. '
      'The last run was just now.'
  ],
  'A job without a success in its interval has missed a run, even if a run failed since'
);
update public.jobs_log
set
  status = 'success',
  completed_at = '2001-03-12 13:31:00+00'
where job_name = 'pgtap-new'
  and status = 'running';
select is(pg_temp.findings('pgtap-new', '2001-03-12 13:31:00+00'), '{}', 'The reason ends when a run has succeeded');

select * from finish();
rollback;
