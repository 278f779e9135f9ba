begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

-- It carries nothing that is raised here, so that nothing waits for it.
select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');

select jobs.register(
  job_name => 'pgtap-counted',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *',
  function_slug => 'pgtap'
);
select is(pg_temp.findings(), '{}', 'The entry of a registered job is well');

select cron.schedule(harmless.name, '0 0 1 1 *', harmless.command)
from (
  values
    ('pgtap-1', 'select 1'),
    ('pgtap-2', $$select jobs.dispatch(job_name) from jobs.definitions where false$$),
    ('pgtap-entry', $$select jobs.dispatch( job_name => 'pgtap-counted', trigger_source => 'cron')$$)
) as harmless (name, command);
select is(pg_temp.findings(), '{}', 'So is one that starts a registered job, or none by name');

delete from jobs.definitions where job_name = 'pgtap-counted';
select is(
  pg_temp.findings(),
  array[
    'critical entry_without_job: The pg_cron entry pgtap-counted starts a job that is not registered, and fails whenever '
      'it runs (0 0 1 1 *). It executes: select jobs.dispatch(''pgtap-counted'', ''cron'').',
    'critical entry_without_job: The pg_cron entry pgtap-entry starts a job that is not registered, and fails whenever '
      'it runs (0 0 1 1 *). It executes: select jobs.dispatch( job_name => ''pgtap-counted'', trigger_source => ''cron'').'
  ],
  'A job whose definition was deleted is reported, by each entry that starts it'
);

select cron.alter_job(job_id => entry.jobid, active => false)
from cron.job as entry
where entry.jobname = 'pgtap-entry';
select is(array_length(pg_temp.findings(), 1), 1, 'An entry that is inactive starts nothing');

select throws_like(
  $$select jobs.dispatch('pgtap-counted', 'cron')$$,
  'there is no job pgtap-counted',
  'What the entry does fails'
);
select jobs.register(
  job_name => 'pgtap-counted',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *',
  function_slug => 'pgtap'
);
select is(pg_temp.findings(), '{}', 'To register the job again ends it');

select cron.schedule('pgtap-counted', '0 0 1 1 *', $$select jobs.dispatch('pgtap-another')$$);
select is(pg_temp.findings(), '{}', 'That the entry of a job starts another is command_differs');

select * from finish();
rollback;
