begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

set local intervalstyle = 'postgres';

create function pg_temp.rows_written()
returns bigint
language sql
as $$
  select sum(counted.n_tup_ins + counted.n_tup_upd + counted.n_tup_del)::bigint
  from pg_catalog.pg_stat_xact_all_tables as counted
  where counted.schemaname in ('public', 'jobs', 'cron');
$$;

create function pg_temp.scans_of_the_log()
returns bigint
language sql
as $$
  select counted.seq_scan
  from pg_catalog.pg_stat_xact_all_tables as counted
  where counted.relid = 'public.jobs_log'::regclass;
$$;

-- Idle

select pg_temp.register('pgtap-idle', enabled_at => '2001-03-10 00:00:00+00');

insert into public.jobs_log (job_name, started_at, completed_at, status)
select
  case when number % 2 = 0 then 'pgtap-idle' else 'pgtap-other' end,
  timestamptz '2001-03-10 00:00:00+00' + number * interval '1 second',
  timestamptz '2001-03-10 00:00:00+00' + number * interval '1 second',
  'success'
from generate_series(1, 20000) as number;
analyze public.jobs_log;

select pg_temp.rows_written() as written, pg_temp.scans_of_the_log() as scans \gset

select is(
  jobs.supervise('2001-03-10 12:00:00+00'),
  '{"reaped": 0, "missed": 0, "reminded": 0, "catch_ups": [], "problems": []}',
  'Supervising healthy jobs does nothing'
);
select is(pg_temp.rows_written(), :written::bigint, 'Supervising healthy jobs writes nothing');
select is(pg_temp.scans_of_the_log(), :scans::bigint, 'Supervising reads a log of 20,000 rows through its indexes');

delete from public.jobs_log
where job_name in ('pgtap-idle', 'pgtap-other');
select jobs.unregister('pgtap-idle');

-- A run whose process died

select pg_temp.register('pgtap-dead', enabled_at => '2001-03-10 00:00:00+00', max_runtime => '5 minutes');
select pg_temp.insert_run('pgtap-dead', 'running', '2001-03-10 12:00:00+00') as run_id \gset
select pg_temp.insert_run('pgtap-bare', 'running', '2001-03-10 12:00:00+00');

select is(
  jobs.supervise('2001-03-10 12:04:59.999999+00') -> 'reaped',
  '0',
  'A run within its time limit is not reaped'
);
select is(
  jobs.supervise('2001-03-10 12:05:00+00'),
  '{"reaped": 1, "missed": 0, "reminded": 0, "catch_ups": [], "problems": []}',
  'A run is reaped at its time limit, and the run of another job is not'
);
select is(pg_temp.new_alerts(), array['run_failed of pgtap-dead'], 'A reaped run raises an alert');
select is(
  (pg_temp.last_alert()).run_id,
  uuid :'run_id',
  'The alert names the reaped run'
);
select matches(
  (pg_temp.last_alert()).details #>> '{run,error_message}',
  'not finished after 00:05:00.*max_runtime',
  'They hear why'
);
select is(
  jobs.supervise('2001-03-10 12:05:59+00') -> 'catch_ups',
  '[]',
  'A reaped run is not caught up within a minute'
);
select is(
  jobs.supervise('2001-03-10 12:06:00+00') -> 'catch_ups',
  '["pgtap-dead"]',
  'A reaped run is caught up after a minute'
);
select is(
  jobs.supervise('2001-03-10 12:10:00+00') -> 'reaped',
  '1',
  'A run of an unregistered job is reaped'
);
select is(pg_temp.new_alerts(), array['run_failed of pgtap-bare'], 'A reaped run of an unregistered job raises an alert');

select pg_temp.insert_run('pgtap-dead', 'success', '2001-03-10 12:10:00+00');
select pg_temp.insert_run('pgtap-bare', 'success', '2001-03-10 12:10:00+00');
select pg_temp.new_alerts();

-- A missed run

select is(
  jobs.supervise('2001-03-11 13:10:00+00'),
  '{"reaped": 0, "missed": 0, "reminded": 0, "catch_ups": [], "problems": []}',
  'Within the expected interval no run is missed'
);
select is(
  jobs.supervise('2001-03-11 13:10:00.000001+00'),
  '{"reaped": 0, "missed": 1, "reminded": 0, "catch_ups": ["pgtap-dead"], "problems": []}',
  'After the expected interval a run is missed, and a catch-up run is due'
);
select is(pg_temp.new_alerts(), array['run_missed of pgtap-dead'], 'A missed run raises an alert');

select pg_temp.rows_written() as written \gset
select is(
  jobs.supervise('2001-03-12 13:10:00+00') -> 'missed',
  '0',
  'There is no reminder of a missed run within 24 hours'
);
select is(pg_temp.rows_written(), :written::bigint, 'Supervising a known missed run writes nothing');

select is(
  jobs.supervise('2001-03-12 13:10:00.000001+00') -> 'missed',
  '1',
  'After 24 hours there is one reminder of a missed run'
);
select is(pg_temp.new_alerts(), array['run_missed of pgtap-dead, reminder 1'], 'That is a reminder');
select jobs.unregister('pgtap-dead');

-- Reminders of failures

select pg_temp.register('pgtap-broken', enabled_at => '2001-12-01 00:00:00+00', catch_up => false);
select pg_temp.insert_run('pgtap-broken', 'failed', '2001-04-01 12:00:00+00');
select pg_temp.insert_run('pgtap-broken', 'failed', '2001-04-01 13:00:00+00') as run_id \gset
select pg_temp.new_alerts();

select is(
  jobs.supervise('2001-04-02 11:59:59.999999+00') -> 'reminded',
  '0',
  'Within 24 hours there is no reminder of a failure'
);
select is(
  jobs.supervise('2001-04-02 12:00:00+00') -> 'reminded',
  '1',
  'After 24 hours there is a reminder of an open failure, even without another run'
);
select is(pg_temp.new_alerts(), array['run_failed of pgtap-broken, reminder 1'], 'That is a reminder');
select results_eq(
  $$
    select run_id, details ->> 'occurrences'
    from pg_temp.last_alert()
  $$,
  format('values (uuid %L, %L)', :'run_id', '2'),
  'The reminder has the last failed run and the number of failures'
);
select is(
  jobs.supervise('2001-04-02 12:00:00+00') -> 'reminded',
  '0',
  'There is only one reminder'
);
select is(
  jobs.supervise('2001-04-03 11:59:59.999999+00') -> 'reminded',
  '0',
  'The next 24 hours start with the reminder'
);
select is(
  jobs.supervise('2001-04-03 12:00:00+00') -> 'reminded',
  '1',
  'After another 24 hours there is another reminder'
);
select pg_temp.new_alerts();

select pg_temp.insert_run('pgtap-broken', 'success', '2001-04-04 08:00:00+00', items_total => 2, failed_items => 1);
select pg_temp.new_alerts();
select is(
  jobs.supervise('2001-04-05 08:00:00+00') -> 'reminded',
  '1',
  'After 24 hours there is one reminder of a degraded job'
);
select is(pg_temp.new_alerts(), array['run_degraded of pgtap-broken, reminder 1'], 'The reminder of a degraded job is of the kind run_degraded');

select jobs.raise_incident(
  job_name => 'pgtap-broken',
  kind => 'job_unhealthy',
  details => '{}',
  as_of => '2001-04-04 08:00:00+00'
);
select pg_temp.new_alerts();
select is(
  jobs.supervise('2001-04-05 08:00:01+00') -> 'reminded',
  '0',
  'The supervisor does not remind of bad health, because the health check does'
);

select jobs.register(
  job_name => 'pgtap-broken',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *',
  enabled => false
);
select pg_temp.insert_run('pgtap-bare', 'failed', '2001-04-05 08:00:00+00');
select pg_temp.new_alerts();
select is(
  jobs.supervise('2001-05-05 08:00:00+00') -> 'reminded',
  '0',
  'There is no reminder of a disabled or unregistered job'
);
select jobs.unregister('pgtap-broken');

-- One broken job does not stop the others

select pg_temp.register(job_name, enabled_at => '2001-06-01 12:00:00+00')
from unnest(array['pgtap-1', 'pgtap-2', 'pgtap-3']) as job_name;
select pg_temp.insert_run(job_name, 'running', '2001-06-01 12:00:00+00')
from unnest(array['pgtap-1', 'pgtap-2', 'pgtap-3']) as job_name;

create function pg_temp.refuse()
returns trigger
language plpgsql
as $$
begin
  raise exception 'the books of % are closed', new.job_name;
end
$$;

create trigger refuse_runs
  before update on public.jobs_log
  for each row
  when (new.job_name = 'pgtap-2')
  execute function pg_temp.refuse();

select is(
  jobs.supervise('2001-06-01 12:10:00+00'),
  '{
    "reaped": 2,
    "missed": 0,
    "reminded": 0,
    "catch_ups": [],
    "problems": ["pgtap-2: its dead runs could not be ended: the books of pgtap-2 are closed"]
  }',
  'A run that a trigger does not let end is reported as a problem, and the others are reaped'
);
select is(
  pg_temp.new_alerts(),
  array['run_failed of pgtap-1', 'run_failed of pgtap-3'],
  'The other jobs raise their alerts'
);

drop trigger refuse_runs on public.jobs_log;
delete from public.jobs_log
where job_name = 'pgtap-2';
create trigger refuse_incidents
  before insert on jobs.incidents
  for each row
  when (new.job_name = 'pgtap-2')
  execute function pg_temp.refuse();

select is(
  jobs.supervise('2001-06-02 13:00:00.000001+00') - 'catch_ups',
  '{
    "reaped": 0,
    "missed": 2,
    "reminded": 2,
    "problems": ["pgtap-2: its missed run could not be reported: the books of pgtap-2 are closed"]
  }',
  'A missed run that cannot raise an alert is reported as a problem, and the others raise theirs'
);
select set_eq(
  'select unnest(pg_temp.new_alerts())',
  array[
    'run_missed of pgtap-1', 'run_missed of pgtap-3',
    'run_failed of pgtap-1, reminder 1', 'run_failed of pgtap-3, reminder 1'
  ],
  'The other jobs raise their alerts'
);
drop trigger refuse_incidents on jobs.incidents;

-- What is critical is raised by the supervisor itself

select jobs.unregister(job_name)
from unnest(array['pgtap-1', 'pgtap-2', 'pgtap-3']) as job_name;
delete from public.jobs_log where true;
select pg_temp.start_over();
select pg_temp.register('pgtap-held', enabled_at => '2001-07-01 00:00:00+00', max_runtime => '5 minutes');
select pg_temp.insert_run('pgtap-held', 'running', '2001-07-01 12:00:00+00');
select pg_temp.new_alerts();

-- In place of a session that holds the row: another that skips it.
create function pg_temp.leave_alone()
returns trigger
language plpgsql
as $$
begin
  return null;
end
$$;
create trigger leave_alone
  before update on public.jobs_log
  for each row
  when (new.job_name = 'pgtap-held')
  execute function pg_temp.leave_alone();

select jobs.supervise('2001-07-01 12:05:59.999999+00');
select is(pg_temp.new_alerts(), '{}', 'A run that cannot be ended has a minute of grace after its limit');
select is(
  jobs.supervise('2001-07-01 12:06:00+00') - 'reaped',
  '{"missed": 0, "reminded": 0, "catch_ups": [], "problems": []}',
  'After that the supervisor reports it'
);
select is(pg_temp.new_alerts(), array['job_unhealthy of pgtap-held'], 'It is raised at once, without the hourly check');
select is(
  jsonb_path_query_array((pg_temp.last_alert()).details, '$.reasons[*].code'),
  '["run_stuck"]',
  'The alert says what is wrong'
);
select pg_temp.rows_written() as written \gset
select jobs.supervise('2001-07-01 12:07:00+00');
select is(pg_temp.new_alerts(), '{}', 'A minute later it is the same problem');
select is(pg_temp.rows_written(), :written::bigint, 'Nothing is written while nothing is new');

drop trigger leave_alone on public.jobs_log;
select jobs.supervise('2001-07-01 12:26:00+00');
select is(
  pg_temp.new_alerts(),
  array['run_failed of pgtap-held', 'job_recovered of pgtap-held'],
  'Once the row is let go of the run is ended, and the problem is over'
);
select is(
  (pg_temp.last_alert()).details #>> '{problems,0,opened_at}',
  to_jsonb(timestamptz '2001-07-01 12:05:00+00') #>> '{}',
  'It lasted from the limit of the run, and not from when it was noticed'
);
select jobs.unregister('pgtap-held');
delete from public.jobs_log where true;

-- An hourly check that was replaced would report nothing

select pg_temp.new_alerts();
select cron.schedule('check-job-health-hourly', '0 * * * *', 'select 1');
select jobs.supervise('2001-07-02 12:00:00+00');
select is(pg_temp.new_alerts(), '{}', 'Before a channel was announced an installation is not complete, and nothing is raised');
select pg_temp.claim(channels => pg_temp.channels('slack'));
select jobs.supervise('2001-07-02 12:00:00+00');
select is(pg_temp.new_alerts(), array['job_unhealthy of duewatch'], 'Then the supervisor reports it');
select jobs.schedule_supervision();
select jobs.supervise('2001-07-02 12:01:00+00');
select is(pg_temp.new_alerts(), array['job_recovered of duewatch'], 'It reports that it is over');

-- A missed run began when it was due

select pg_temp.register('pgtap-late', enabled_at => '2001-07-01 00:00:00+00', catch_up => false);
select jobs.supervise('2001-07-05 00:00:00+00');
select is(
  (
    select incident.opened_at
    from jobs.incidents as incident
    where incident.job_name = 'pgtap-late'
      and incident.kind = 'run_missed'
  ),
  '2001-07-02 01:00:00+00',
  'However late the supervisor looks, a run has been missed since it was due'
);
select jobs.unregister('pgtap-late');

-- The pg_cron entries

select results_eq(
  $$
    select jobname::text collate "default", schedule, command, username::text collate "default", active
    from cron.job
    where jobname in ('job-supervisor', 'check-job-health-hourly')
    order by jobname
  $$,
  $$
    values
      ('check-job-health-hourly', '0 * * * *', 'select jobs.check_health()', 'postgres', true),
      ('job-supervisor', '* * * * *', jobs.supervisor_command(), 'postgres', true)
  $$,
  'pg_cron runs the supervisor every minute and the health check every hour'
);

select cron.unschedule('check-job-health-hourly');
select cron.alter_job(job_id => entry.jobid, schedule => '0 0 1 1 *', command => 'select 1', active => false)
from cron.job as entry
where entry.jobname = 'job-supervisor';
select jobs.schedule_supervision();

select results_eq(
  $$
    select jobname::text collate "default", schedule, command, active
    from cron.job
    where jobname in ('job-supervisor', 'check-job-health-hourly')
    order by jobname
  $$,
  $$
    values
      ('check-job-health-hourly', '0 * * * *', 'select jobs.check_health()', true),
      ('job-supervisor', '* * * * *', jobs.supervisor_command(), true)
  $$,
  'Entries that were removed or changed are restored'
);

-- Problems

select is(
  jobs.start_catch_up('pgtap-no-such-job') ->> 0,
  'pgtap-no-such-job: the catch-up run was not started: there is no job pgtap-no-such-job',
  'A catch-up run that cannot be started returns a sentence'
);

select lives_ok($$select jobs.raise_problems('[]')$$, 'Without problems nothing is raised');

select throws_ok(
  $$select jobs.raise_problems('["a: one", "b: two"]')$$,
  'P0001',
  'a: one; b: two',
  'Several problems are raised in one error'
);

select * from finish();
rollback;
