begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');
select is(pg_temp.findings(), '{}', 'Entries that have not run yet are well');

create function pg_temp.tick(name text, status text, message text default null)
returns void
language sql
as $$
  insert into pg_temp.ticks
  select
    entry.jobid,
    coalesce((select max(earlier.runid) from pg_temp.ticks as earlier), 0) + 1,
    now(),
    tick.status,
    tick.message
  from cron.job as entry
  where entry.jobname = tick.name;
$$;

select pg_temp.tick('jobs-retention', 'failed', 'ERROR: deadlock detected');
select is(pg_temp.findings(), '{}', 'One failure may be a lock');
select pg_temp.tick('jobs-retention', 'running');
select pg_temp.tick('jobs-retention', 'failed', 'ERROR: column "x" does not exist');
select is(
  pg_temp.findings(),
  array[
    'critical own_entry_failing: The pg_cron entry jobs-retention fails whenever it runs. pg_cron reports: '
      'ERROR: column "x" does not exist'
  ],
  'Two in a row are reported with the last error'
);
select pg_temp.tick('check-job-health-hourly', 'failed', 'ERROR: a');
select pg_temp.tick('check-job-health-hourly', 'succeeded');
select pg_temp.tick('check-job-health-hourly', 'failed', 'ERROR: b');
select is(array_length(pg_temp.findings(), 1), 1, 'A success in between is not two in a row');
select pg_temp.tick('jobs-retention', 'succeeded');
select is(pg_temp.findings(), '{}', 'A success ends it');

select * from finish();
rollback;
