begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

-- It carries no kind that is raised here, so that no alert waits for it.
select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');

create function pg_temp.supervisor()
returns bigint
language sql
as $$
  select entry.jobid
  from cron.job as entry
  where entry.jobname = 'job-supervisor';
$$;

insert into pg_temp.ticks
values
  (pg_temp.supervisor(), 1, now() - interval '6 minutes'),
  (pg_temp.supervisor(), 2, now() - interval '5 minutes'),
  (-1, 3, now());

select is(pg_temp.findings(), '{}', 'A supervisor that succeeded five minutes ago is ok');
select is(
  pg_temp.findings(now() + interval '1 microsecond'),
  array[
    'critical supervisor_silent: The supervisor should succeed every minute, but has not for 5 minutes. '
      'pg_cron has not started it.'
  ],
  'A supervisor that succeeded a microsecond earlier is silent'
);

insert into pg_temp.ticks
values
  (pg_temp.supervisor(), 4, null, 'starting', null),
  (pg_temp.supervisor(), 5, now() + interval '9 minutes', 'failed', 'ERROR: out of order');
select is(
  pg_temp.findings(now() + interval '10 minutes'),
  array[
    'critical supervisor_silent: The supervisor should succeed every minute, but has not for 15 minutes. '
      'pg_cron reports: ERROR: out of order'
  ],
  'Failed ticks do not count as a success of the supervisor'
);
insert into pg_temp.ticks
values (pg_temp.supervisor(), 6, now() + interval '10 minutes');
select is(pg_temp.findings(now() + interval '10 minutes'), '{}', 'The reason ends with a tick that succeeded');
select matches(
  (pg_temp.findings(now() + interval '20 minutes'))[1],
  'has not for 10 minutes\. pg_cron has not started it\.',
  'Failures before the last success are not reported'
);

delete from pg_temp.ticks;
insert into pg_temp.ticks
values
  (pg_temp.supervisor(), 6, null, 'failed', 'connection failed'),
  (pg_temp.supervisor(), 7, now() - interval '6 minutes', 'failed', 'ERROR: from the start'),
  (pg_temp.supervisor(), 8, now(), 'running', null);
select is(
  pg_temp.findings(),
  array[
    'critical supervisor_silent: The supervisor should succeed every minute, but has not for 6 minutes. '
      'pg_cron reports: ERROR: from the start'
  ],
  'A supervisor that has never succeeded is silent five minutes after its first tick'
);
delete from pg_temp.ticks;

-- The hourly check

create function pg_temp.hourly_check()
returns bigint
language sql
as $$
  select entry.jobid
  from cron.job as entry
  where entry.jobname = 'check-job-health-hourly';
$$;

select cron.alter_job(job_id => pg_temp.hourly_check(), active => false);
select is(
  pg_temp.findings(),
  array[
    'critical supervisor_silent: The pg_cron entry check-job-health-hourly is missing or inactive: the hourly health '
      'check does not run.'
  ],
  'A missing entry of the hourly health check is critical'
);
select cron.alter_job(job_id => pg_temp.hourly_check(), active => true);
select is(pg_temp.findings(), '{}', 'With both entries the system is ok');

select cron.alter_job(job_id => pg_temp.supervisor(), active => false);
select is(
  pg_temp.findings(),
  array[
    'critical supervisor_silent: The pg_cron entry job-supervisor is missing or inactive: dead runs are not ended, '
      'missed runs are not caught up.'
  ],
  'An inactive entry of the supervisor is critical'
);
select cron.unschedule('job-supervisor');
select is(
  array(select left(finding, 75) from unnest(pg_temp.findings()) as finding),
  array['critical supervisor_silent: The pg_cron entry job-supervisor is missing or '],
  'A missing entry of the supervisor is critical'
);
select jobs.schedule_supervision();
select is(pg_temp.findings(), '{}', 'A supervisor that was just scheduled is ok before its first tick');

select * from finish();
rollback;
