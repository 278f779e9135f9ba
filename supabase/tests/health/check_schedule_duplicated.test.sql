begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-job');
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-10 12:00:00+00');
select cron.schedule('pgtap-longer', '0 0 1 1 *', $$select jobs.dispatch('pgtap-job-of-others', 'cron')$$);
select is(pg_temp.findings('pgtap-job'), '{}', 'An entry of a job with a longer name is not one of this job');

select cron.schedule('pgtap-second', '0 12 * * *', $$select jobs.dispatch(job_name => 'pgtap-job')$$) as jobid \gset
select is(
  pg_temp.findings('pgtap-job'),
  array[
    'warning schedule_duplicated: The job is registered with one pg_cron entry, pgtap-job, and there are others: '
      'pgtap-second of postgres (0 12 * * *).'
  ],
  'A second entry for the same job is reported, with its name, its owner and its schedule'
);
select cron.alter_job(job_id => :'jobid', active => false);
select is(pg_temp.findings('pgtap-job'), '{}', 'One that is inactive starts nothing');

grant usage on schema cron to service_role;
set local role service_role;
select cron.schedule('pgtap-job', '0 0 1 1 *', $$select jobs.dispatch('pgtap-job', 'cron')$$);
reset role;
select is(
  pg_temp.findings('pgtap-job'),
  array[
    'warning schedule_duplicated: The job is registered with one pg_cron entry, pgtap-job, and there are others: '
      'pgtap-job of service_role (0 0 1 1 *).'
  ],
  'An entry of the same name that belongs to another role is a second one'
);
select cron.alter_job(job_id => entry.jobid, active => false)
from cron.job as entry
where entry.jobname = 'pgtap-job'
  and entry.username = 'postgres';
select is(
  array(select split_part(finding, ':', 1) from unnest(pg_temp.findings('pgtap-job')) as finding),
  array['warning schedule_duplicated', 'critical schedule_inactive'],
  'It does not hide that the job''s own entry is inactive'
);

select * from finish();
rollback;
