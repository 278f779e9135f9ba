begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-job');
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-10 12:00:00+00');
select is(pg_temp.findings('pgtap-job'), '{}', 'A job that is started as registered is well');

select cron.schedule('pgtap-job', '0 0 1 1 *', E'select jobs.dispatch(\'pgtap-job\', \'cron\') ;\n');
select is(pg_temp.findings('pgtap-job'), '{}', 'A semicolon and a line break change nothing');

select cron.schedule('pgtap-job', '0 0 1 1 *', E'vacuum\n  public.jobs_log');
select is(
  pg_temp.findings('pgtap-job'),
  array[
    'critical command_differs: The pg_cron entry pgtap-job does not start the job as registered. It executes: vacuum '
      'public.jobs_log. The last run was 1 hour ago.'
  ],
  'cron.schedule() under the name of the entry replaces its command; the message says by what'
);
select cron.schedule('pgtap-job', '0 0 1 1 *', $$select jobs.dispatch('pgtap-other', 'cron')$$);
select matches(
  (pg_temp.findings('pgtap-job'))[1],
  '^critical command_differs: .* It executes: select jobs\.dispatch\(''pgtap-other'', ''cron''\)\.',
  'An entry that starts another job does not start this one'
);
select cron.alter_job(job_id => entry.jobid, active => false)
from cron.job as entry
where entry.jobname = 'pgtap-job';
select is(
  array(select split_part(finding, ':', 1) from unnest(pg_temp.findings('pgtap-job')) as finding),
  array['critical schedule_inactive'],
  'Of an inactive entry only that is reported'
);
select pg_temp.register('pgtap-job');
select is(pg_temp.findings('pgtap-job'), '{}', 'Registering the job again fixes that');

select * from finish();
rollback;
