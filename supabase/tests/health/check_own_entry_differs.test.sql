begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

-- It carries nothing that is raised here, so that nothing waits for it.
select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');

select is(pg_temp.findings(), '{}', 'Entries that are as they have to be are well');

select cron.schedule('job-supervisor', '* * * * *', 'select 1');
select is(
  pg_temp.findings(),
  array['critical own_entry_differs: The pg_cron entry job-supervisor executes something else: select 1.'],
  'A supervisor that was replaced is reported'
);
select cron.schedule('check-job-health-hourly', '0 * * * *', 'select 1');
select cron.alter_job(job_id => entry.jobid, schedule => '0 0 1 1 *')
from cron.job as entry
where entry.jobname = 'jobs-retention';
select is(
  pg_temp.findings(),
  array[
    'critical own_entry_differs: The pg_cron entry check-job-health-hourly executes something else: select 1.',
    'critical own_entry_differs: The pg_cron entry job-supervisor executes something else: select 1.',
    'critical own_entry_differs: The pg_cron entry jobs-retention runs at 0 0 1 1 * instead of 23 3 * * *.'
  ],
  'So are the hourly check and the retention'
);
select cron.alter_job(job_id => entry.jobid, active => false)
from cron.job as entry
where entry.jobname = 'jobs-retention';
select is(
  (pg_temp.findings())[3],
  'critical own_entry_differs: The pg_cron entry jobs-retention is inactive.',
  'An inactive entry is reported'
);
select cron.unschedule('jobs-retention');
select is(
  (pg_temp.findings())[3],
  'critical own_entry_differs: The pg_cron entry jobs-retention is missing.',
  'A missing entry is reported'
);
select jobs.schedule_supervision();
select is(pg_temp.findings(), '{}', 'Scheduled again they are well');

-- The heartbeat

select jobs.enable_heartbeat('0 9 * * 1');
select is(pg_temp.findings(), '{}', 'A heartbeat at an hour of one''s own is well');
select cron.unschedule('job-heartbeat-weekly');
select is(
  pg_temp.findings(),
  array['critical own_entry_differs: The pg_cron entry job-heartbeat-weekly is missing.'],
  'A heartbeat that was turned on and is gone is reported'
);
select jobs.schedule_supervision();
select is(pg_temp.findings(), '{}', 'It comes back with the others');
select is(
  (select entry.schedule from cron.job as entry where entry.jobname = 'job-heartbeat-weekly'),
  '0 9 * * 1',
  'It comes back at its hour'
);
select jobs.disable_heartbeat();
select is(pg_temp.findings(), '{}', 'A heartbeat that was turned off is not missed');

-- A second one

select cron.schedule('pgtap-second', '* * * * *', jobs.supervisor_command());
select is(
  pg_temp.findings(),
  array['warning own_entry_differs: The pg_cron entry job-supervisor exists a second time: pgtap-second of postgres.'],
  'A second supervisor is reported'
);
select cron.unschedule('pgtap-second');

grant usage on schema cron to service_role;
set local role service_role;
select cron.schedule('jobs-retention', '23 3 * * *', 'select 1');
reset role;
select is(
  pg_temp.findings(),
  array['warning own_entry_differs: The pg_cron entry jobs-retention exists a second time: jobs-retention of service_role.'],
  'So is an entry of the same name that belongs to another role'
);

select * from finish();
rollback;
