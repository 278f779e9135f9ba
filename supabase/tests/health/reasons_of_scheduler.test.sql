begin;
\ir ../arrange.psql
select no_plan();

create function pg_temp.findings(as_of timestamptz default now())
returns text[]
language sql
as $$
  select coalesce(
    array_agg(format('%s %s: %s', reason.severity, reason.code, reason.message) order by reason.message),
    '{}'
  )
  from jobs.reasons_of_scheduler(findings.as_of) as reason;
$$;

delete from vault.secrets
where name in ('functions_url', 'jobs_api_key');
select set_config('app.functions_url', '', true);
select set_config('app.jobs_api_key', '', true);
select vault.create_secret('https://project.supabase.co/functions/v1', 'functions_url') as url_id \gset
select vault.create_secret('pgtap-key-5f3a', 'jobs_api_key') as key_id \gset

-- The real process

select is_empty(
  $$select 1 from unnest(pg_temp.findings()) as finding where finding like '%scheduler_dead%'$$,
  'The process of pg_cron is seen to be running'
);

-- A test cannot kill it, nor write its history: what the platform tells is put
-- into tables of the test.

create table pg_temp.processes (backend_type text, application_name text);
create table pg_temp.ticks (
  jobid bigint,
  runid bigint,
  start_time timestamptz,
  status text default 'succeeded',
  return_message text
);

do $$
begin
  execute replace(
    replace(
      pg_get_functiondef('jobs.reasons_of_scheduler(timestamptz)'::regprocedure),
      'pg_catalog.pg_stat_activity',
      'pg_temp.processes'
    ),
    'cron.job_run_details',
    'pg_temp.ticks'
  );
end
$$;

insert into pg_temp.processes
values
  ('client backend', 'psql'),
  ('autovacuum launcher', ''),
  ('background worker', 'pg_net worker');

-- scheduler_dead

select is(
  pg_temp.findings(),
  array[
    'critical scheduler_dead: The process of pg_cron is not running, so no job starts by itself. It comes back with a '
      'restart of the database.'
  ],
  'Without the process of pg_cron no job starts'
);
insert into pg_temp.processes
values ('pg_cron launcher', 'pg_cron scheduler');
select is(pg_temp.findings(), '{}', 'With it they start');

-- supervisor_silent

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

select is(pg_temp.findings(), '{}', 'A supervisor that succeeded five minutes ago is at work');
select is(
  pg_temp.findings(now() + interval '1 microsecond'),
  array[
    'critical supervisor_silent: The supervisor should succeed every minute, and has not for 5 minutes. '
      'pg_cron has not started it.'
  ],
  'A microsecond later it is not'
);

insert into pg_temp.ticks
values
  (pg_temp.supervisor(), 4, null, 'starting', null),
  (pg_temp.supervisor(), 5, now() + interval '9 minutes', 'failed', 'ERROR: out of order');
select is(
  pg_temp.findings(now() + interval '10 minutes'),
  array[
    'critical supervisor_silent: The supervisor should succeed every minute, and has not for 15 minutes. '
      'pg_cron says: ERROR: out of order'
  ],
  'Starts that did not come about or failed are none'
);
insert into pg_temp.ticks
values (pg_temp.supervisor(), 6, now() + interval '10 minutes');
select is(pg_temp.findings(now() + interval '10 minutes'), '{}', 'One that succeeded mends it');
select matches(
  (pg_temp.findings(now() + interval '20 minutes'))[1],
  'has not for 10 minutes\. pg_cron has not started it\.',
  'What went wrong before that is not told any more'
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
    'critical supervisor_silent: The supervisor should succeed every minute, and has not for 6 minutes. '
      'pg_cron says: ERROR: from the start'
  ],
  'A supervisor that never succeeded has five minutes from its first start'
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
    'critical supervisor_silent: The entry check-job-health-hourly of cron.job is missing or inactive: nobody looks '
      'every hour.'
  ],
  'Without the hourly check nobody looks'
);
select cron.alter_job(job_id => pg_temp.hourly_check(), active => true);
select is(pg_temp.findings(), '{}', 'With it somebody does');

select cron.alter_job(job_id => pg_temp.supervisor(), active => false);
select is(
  pg_temp.findings(),
  array[
    'critical supervisor_silent: The entry job-supervisor of cron.job is missing or inactive: dead runs are not ended, '
      'missed ones not made up for.'
  ],
  'A supervisor that is inactive is not at work'
);
select cron.unschedule('job-supervisor');
select is(
  array(select left(finding, 72) from unnest(pg_temp.findings()) as finding),
  array['critical supervisor_silent: The entry job-supervisor of cron.job is miss'],
  'Nor is one that is gone'
);
select jobs.schedule_supervision();
select is(pg_temp.findings(), '{}', 'Scheduled again it is at work, though it was not started yet');

-- setting_missing

delete from vault.secrets
where name = 'jobs_api_key';
select is(
  pg_temp.findings(),
  array['critical setting_missing: No job can be started: the setting jobs_api_key is missing.'],
  'Without a key no job can be started'
);
select vault.create_secret(E'pgtap-key\r\n5f3a', 'jobs_api_key') as key_id \gset
select is(
  pg_temp.findings(),
  array[
    'critical setting_missing: No job can be started: the setting jobs_api_key contains a line break or another control '
      'character.'
  ],
  'With one that would inject a header neither; the key is not told'
);
select vault.update_secret(:'key_id', 'pgtap-key-5f3a');
select is(pg_temp.findings(), '{}', 'With a good one it can');

select vault.update_secret(:'url_id', 'http://project.supabase.co/functions/v1');
select is(
  pg_temp.findings(),
  array[
    'critical setting_missing: No job can be started: functions_url is http://project.supabase.co/functions/v1, and the '
      'key would travel in clear.'
  ],
  'An address to which no key may be sent is none'
);
delete from vault.secrets
where name in ('functions_url', 'jobs_api_key');
select is(
  pg_temp.findings(),
  array[
    'critical setting_missing: No job can be started: the setting functions_url is missing.',
    'critical setting_missing: No job can be started: the setting jobs_api_key is missing.'
  ],
  'Each setting that is missing is told'
);
select set_config('app.functions_url', 'https://project.supabase.co/functions/v1', true);
select set_config('app.jobs_api_key', 'pgtap-key-5f3a', true);
select is(pg_temp.findings(), '{}', 'Where there is no Vault, the settings of the database will do');

select * from finish();
rollback;
