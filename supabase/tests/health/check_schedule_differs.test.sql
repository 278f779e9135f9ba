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

select cron.alter_job(job_id => pg_temp.jobid(), schedule => '0 1 * * *');
select is(
  pg_temp.findings('pgtap-job'),
  array[
    'warning schedule_differs: The pg_cron entry pgtap-job runs at 0 1 * * *, but the job is registered for 0 0 1 1 *.'
  ],
  'An entry with another schedule than the registered one is reported'
);
select pg_temp.register('pgtap-job');
select is(pg_temp.findings('pgtap-job'), '{}', 'The reason ends when the job is registered again');

select * from finish();
rollback;
