begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_job_checks.psql
select no_plan();

select pg_temp.register('pgtap-job');
select pg_temp.insert_run('pgtap-job', 'success', '2001-03-10 12:00:00+00');
select jobs.pause('pgtap-job', 'a bank day');
select is(pg_temp.findings('pgtap-job'), '{}', 'A paused job is ok');

select cron.alter_job(job_id => entry.jobid, active => true)
from cron.job as entry
where entry.jobname = 'pgtap-job';
select is(
  pg_temp.findings('pgtap-job'),
  array[
    'critical paused_but_scheduled: The job is paused, but its pg_cron entry pgtap-job is active and starts it at 0 0 1 1 *.'
  ],
  'An entry that somebody has made active is critical'
);
select jobs.pause('pgtap-job', 'a bank day');
select is(pg_temp.findings('pgtap-job'), '{}', 'Paused again it is ok');

select jobs.resume('pgtap-job');
select is(pg_temp.findings('pgtap-job'), '{}', 'So it is when it was resumed');

-- An entry of the same name that belongs to another role is not the job's.
select jobs.pause('pgtap-job', 'a bank day');
grant usage on schema cron to service_role;
set local role service_role;
select cron.schedule('pgtap-job', '0 0 1 1 *', 'select 1');
reset role;
select jobs.resume('pgtap-job');
select is(
  (
    select array_agg(format('%s %s', entry.username, entry.active) order by entry.username)
    from cron.job as entry
    where entry.jobname = 'pgtap-job'
  ),
  array['postgres t', 'service_role t'],
  'A pause changes the entry of the job'
);

select * from finish();
rollback;
