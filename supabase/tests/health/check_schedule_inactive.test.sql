begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-job');
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-10 12:00:00+00');
select is(pg_temp.findings('pgtap-job'), '{}', 'A job that succeeded within its interval is ok');

create function pg_temp.jobid()
returns bigint
language sql
as $$
  select entry.jobid
  from cron.job as entry
  where entry.jobname = 'pgtap-job';
$$;

select cron.alter_job(job_id => pg_temp.jobid(), active => false);
select is(
  pg_temp.findings('pgtap-job'),
  array[
    'critical schedule_inactive: The pg_cron entry pgtap-job is inactive, so nothing starts the job at 0 0 1 1 *. '
      'The last run was 1 hour ago.'
  ],
  'An inactive entry is critical'
);
select cron.alter_job(job_id => pg_temp.jobid(), active => true);
select is(pg_temp.findings('pgtap-job'), '{}', 'The reason ends when the entry is active');

select * from finish();
rollback;
