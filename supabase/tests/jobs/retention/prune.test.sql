begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
\ir ../../arrange_runs.psql
select no_plan();

-- The first is ninety days before the second, the third seven days.
\set ninety_days_ago '''2001-09-02 00:00:00+00'''
\set as_of '''2001-12-01 00:00:00+00'''
\set seven_days_ago '''2001-11-24 00:00:00+00'''

create function pg_temp.prune(as_of timestamptz default '2001-12-01 00:00:00+00')
returns jsonb
language sql
as $$
  select jobs.prune(as_of => prune.as_of);
$$;

-- The numbers of the remaining runs of a job.
create function pg_temp.runs_of(job_name text)
returns int[]
language sql
as $$
  select array_agg(right(run.id::text, 12)::int order by run.id)
  from public.jobs_log as run
  where run.job_name = runs_of.job_name;
$$;

create function pg_temp.log_runs(
  job_name text,
  statuses text[],
  first_started_at timestamptz,
  first_number int
)
returns void
language sql
as $$
  select pg_temp.log_run(
    job_name => log_runs.job_name,
    started_at => log_runs.first_started_at + (run.position - 1) * interval '1 day',
    status => run.status,
    id => pg_temp.run_id(log_runs.first_number + run.position::int - 1)
  )
  from unnest(log_runs.statuses) with ordinality as run (status, position);
$$;

-- The history of pg_cron as it is

select is(
  (
    select array_agg(pruned.key order by pruned.key)
    from jsonb_object_keys(jobs.prune(as_of => now() + interval '7 days' - interval '1 minute')) as pruned (key)
  ),
  array['alerts', 'incidents', 'runs', 'status_changes', 'ticks'],
  'Deleted rows are counted by kind'
);
select is_empty(
  $$
    select 1
    from cron.job_run_details as tick
    join cron.job as entry
      on entry.jobid = tick.jobid
    where entry.jobname in ('job-supervisor', 'check-job-health-hourly')
      and tick.end_time < now() - interval '2 minutes'
  $$,
  'The owner of prune() can delete from the history of pg_cron'
);
select is(
  (
    select array_agg(format('%s: %s as %s', entry.schedule, entry.command, entry.username))
    from cron.job as entry
    where entry.jobname = 'jobs-retention'
      and entry.active
  ),
  array['23 3 * * *: select jobs.prune() as postgres'],
  'prune() runs every night'
);

-- From here on ticks are read from a table of the test, because only pg_cron can
-- write its own.

create table pg_temp.ticks (
  command text,
  start_time timestamptz,
  end_time timestamptz,
  description text
);

do $$
begin
  execute replace(
    pg_get_functiondef('jobs.prune(interval, interval, timestamptz)'::regprocedure),
    'cron.job_run_details',
    'pg_temp.ticks'
  );
end
$$;

-- Runs

select pg_temp.log_run('pgtap-a', :ninety_days_ago::timestamptz - interval '1 microsecond', id => pg_temp.run_id(1));
select pg_temp.log_run('pgtap-a', :ninety_days_ago, id => pg_temp.run_id(2));
select pg_temp.log_run('pgtap-a', '2001-11-30 00:00:00+00', id => pg_temp.run_id(3));

select is(pg_temp.prune() -> 'runs', '1', 'One run goes');
select is(pg_temp.runs_of('pgtap-a'), array[2, 3], 'A run is kept for ninety days, to the microsecond');

select pg_temp.log_runs('pgtap-resting', array['success', 'failed', 'success', 'failed', 'failed'], '2001-01-01', 10);
select pg_temp.log_runs('pgtap-well', array['failed', 'success', 'success'], '2001-01-01', 20);
select pg_temp.log_runs('pgtap-failing', array['failed', 'failed'], '2001-01-01', 30);
select pg_temp.log_runs('pgtap-once', array['failed'], '2001-01-01', 40);
select pg_temp.log_runs('pgtap-broken-since', array['success', 'success', 'failed'], '2001-01-01', 50);
select pg_temp.log_runs('pgtap-broken-since', array['failed', 'failed'], '2001-11-20', 53);
select pg_temp.log_runs('pgtap-stuck', array['running', 'success', 'running'], '2001-01-01', 60);
select pg_temp.log_runs('pgtap-stuck', array['success'], '2001-11-20', 63);
select pg_temp.log_run('pgtap-twins', '2001-01-01', id => pg_temp.run_id(number))
from generate_series(70, 71) as number;

select is(pg_temp.prune() -> 'runs', '9', 'Nine runs of all jobs are deleted');
select is(pg_temp.runs_of(job_name), runs, description)
from (
  values
    ('pgtap-resting', array[12, 14], 'The last run and the last success of an idle job are kept'),
    ('pgtap-well', array[22], 'A last run that is also the last success is kept'),
    ('pgtap-failing', array[31], 'The last run of a job that has never succeeded is kept'),
    ('pgtap-once', array[40], 'The only run of a job is kept'),
    (
      'pgtap-broken-since', array[51, 53, 54],
      'The last success is kept, while runs that failed after it are deleted'
    ),
    ('pgtap-stuck', array[60, 62, 63], 'A run that is running is kept'),
    ('pgtap-twins', array[70, 71], 'Two last runs that started at the same instant are both kept')
) as kept (job_name, runs, description);

select is(
  array[(pg_temp.totals_of('pgtap-resting'))[1:2], (pg_temp.totals_of('pgtap-failing'))[1:2]],
  array[[2, 3], [0, 2]]::bigint[],
  'Deleted runs stay counted'
);

select is(
  jobs.prune(keep_runs => '31 days', as_of => '2001-12-21 00:00:00.000001+00') -> 'runs',
  '2',
  'Runs can be kept for at least 31 days'
);
select is(pg_temp.runs_of('pgtap-broken-since'), array[51, 54], 'Runs are kept for the requested time');

-- Ticks

select pg_temp.register('pgtap-ticking');
insert into pg_temp.ticks (command, start_time, end_time, description)
select command, start_time, end_time, description
from (
  values
    (
      'select jobs.check_health()', timestamptz '2001-11-23',
      :seven_days_ago::timestamptz - interval '1 microsecond', 'ended before'
    ),
    ('select jobs.check_health()', '2001-11-23', :seven_days_ago, 'ended seven days ago'),
    ('select jobs.prune()', '2001-11-23', null, 'never ended'),
    ('select jobs.prune()', :seven_days_ago, null, 'began seven days ago'),
    ('select 1', '2001-01-01', '2001-01-01', 'of another owner'),
    ('select jobs_of_ours()', '2001-01-01', '2001-01-01', 'with a name like ours'),
    ('select my_jobs.run()', '2001-01-01', '2001-01-01', 'in a schema like ours')
) as tick (command, start_time, end_time, description)
union all
select entry.command, '2001-01-01', '2001-01-01', 'of the entry ' || entry.jobname
from cron.job as entry
where entry.jobname in ('job-supervisor', 'check-job-health-hourly', 'jobs-retention')
union all
select entry.command, '2001-01-01', '2001-01-01', 'of a job'
from cron.job as entry
join jobs.definitions as definition
  on definition.cron_job_name = entry.jobname
where definition.job_name = 'pgtap-ticking';

select is(pg_temp.prune() -> 'ticks', '6', 'Old ticks of each of our entries are deleted');
select set_eq(
  'select description from pg_temp.ticks',
  array[
    'ended seven days ago', 'began seven days ago', 'of another owner', 'with a name like ours', 'in a schema like ours'
  ],
  'Our ticks are kept for seven days, to the microsecond, and those of others are never deleted'
);

select is(
  jobs.prune(keep_ticks => '1 hour', as_of => '2001-11-24 01:00:00.000001+00') -> 'ticks',
  '2',
  'Ticks can be kept for at least an hour'
);

-- Alerts

select pg_temp.start_over();
select pg_temp.claim(channels => pg_temp.channels('slack'));
select pg_temp.raise_alert('pgtap-' || outcome)
from unnest(array['sent', 'given_up', 'waiting']) as outcome;
select pg_temp.claim();
select pg_temp.complete('pgtap-sent', 'sent');
select pg_temp.complete('pgtap-given_up', 'given_up', error => 'No such channel.');

create function pg_temp.alerts_left()
returns text[]
language sql
as $$
  select array_agg(alert.job_name order by alert.job_name)
  from jobs.alerts as alert;
$$;

select is(
  (
    select array_agg(delivery.job_name || ' ' || delivery.status order by delivery.job_name)
    from jobs.alert_deliveries as delivery
  ),
  array['pgtap-given_up given_up', 'pgtap-sent sent', 'pgtap-waiting pending'],
  'One alert was sent, one given up, and one is pending'
);
select is(pg_temp.prune(now() + interval '90 days') -> 'alerts', '0', 'Alerts are kept for ninety days');
select is(
  pg_temp.prune(now() + interval '90 days 1 microsecond') -> 'alerts',
  '2',
  'After ninety days sent and given-up alerts are deleted'
);
select is(pg_temp.alerts_left(), array['pgtap-waiting'], 'A pending alert is kept');
select is_empty(
  'select 1 from jobs.alert_deliveries where status <> $$pending$$',
  'Deliveries are deleted with their alerts'
);

select pg_temp.complete('pgtap-waiting', 'sent');
select is(pg_temp.prune(now() + interval '91 days') -> 'alerts', '1', 'An old alert is deleted after it was sent');

select pg_temp.start_over();
select pg_temp.raise_alert('pgtap-unheard');
select is(
  pg_temp.prune(now() + interval '91 days') -> 'alerts',
  '1',
  'An old alert without a delivery is deleted'
);

-- Incidents

insert into jobs.incidents (job_name, kind, opened_at, last_seen_at, last_alerted_at, closed_at)
values
  ('pgtap-before', 'run_failed', '2001-01-01', '2001-01-01', '2001-01-01', :ninety_days_ago::timestamptz - interval '1 microsecond'),
  ('pgtap-then', 'run_failed', '2001-01-01', '2001-01-01', '2001-01-01', :ninety_days_ago),
  ('pgtap-open', 'run_failed', '2001-01-01', '2001-01-01', '2001-01-01', null);
select jobs.raise_alert(
  kind => 'job_recovered',
  job_name => 'pgtap-before',
  details => '{}',
  incident_id => (select id from jobs.incidents where job_name = 'pgtap-before')
);

select is(pg_temp.prune() -> 'incidents', '1', 'One incident goes');
select set_eq(
  'select job_name from jobs.incidents',
  array['pgtap-then', 'pgtap-open'],
  'Incidents are kept for ninety days after they were closed, and open ones are never deleted'
);
select is(pg_temp.alerts_left(), array['pgtap-before'], 'An alert outlives its incident');

-- Repeated and invalid calls

select is(
  pg_temp.prune(),
  '{"runs": 0, "ticks": 0, "alerts": 0, "incidents": 0, "status_changes": 0}',
  'Pruning again deletes nothing'
);

select throws_ok(
  format('select jobs.prune(keep_runs => %L, keep_ticks => %L)', keep_runs, keep_ticks),
  '22023',
  'runs are kept for 31 days at least, ticks for an hour',
  description
)
from (
  values
    ('30 days 23:59:59.999999', '7 days', 'Runs cannot be kept for less than 31 days'),
    ('0', '7 days', 'Runs cannot be kept for zero days'),
    ('-1 day', '7 days', 'Runs cannot be kept for negative time'),
    ('90 days', '59 minutes 59.999999 seconds', 'Ticks cannot be kept for less than an hour')
) as keeps (keep_runs, keep_ticks, description);

-- Workers of runs that are gone

insert into public.jobs_log (id, job_name, started_at, status)
values ('00000000-0000-4000-8000-0000000000e1', 'pgtap-worked-on', now(), 'running');
insert into jobs.run_workers (run_id, token)
values
  ('00000000-0000-4000-8000-0000000000e1', gen_random_uuid()),
  ('00000000-0000-4000-8000-0000000000e2', gen_random_uuid());
select jobs.prune();
select set_eq(
  'select run_id from jobs.run_workers',
  array[uuid '00000000-0000-4000-8000-0000000000e1'],
  'A worker is kept as long as its run is there'
);

select * from finish();
rollback;
