begin;
\ir ../../arrange.psql
select no_plan();

-- The message names an interval.
set local intervalstyle = 'postgres';

select jobs.register(
  job_name => 'pgtap-reap',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *',
  max_runtime => '5 minutes'
);

create function pg_temp.running(job_name text, started_at timestamptz default '2001-03-10 12:00:00+00')
returns uuid
language sql
as $$
  insert into public.jobs_log (job_name, started_at, status, records_updated)
  values (running.job_name, running.started_at, 'running', 42)
  returning id;
$$;

-- The edge

select pg_temp.running('pgtap-reap') as run_id \gset

select is_empty(
  $$select jobs.reap_runs('pgtap-reap', '2001-03-10 12:04:59.999999+00')$$,
  'A run is not reaped one microsecond before max_runtime'
);

select is(
  (select status from public.jobs_log where id = :'run_id'),
  'running',
  'The run is still running one microsecond before max_runtime'
);

select set_eq(
  $$select jobs.reap_runs('pgtap-reap', '2001-03-10 12:05:00+00')$$,
  array[uuid :'run_id'],
  'At max_runtime the run is reaped and its id returned'
);

select results_eq(
  format('select status, completed_at, records_updated from public.jobs_log where id = %L', :'run_id'),
  $$values ('failed', timestamptz '2001-03-10 12:05:00+00', 42)$$,
  'A reaped run has failed at as_of, and its counts are kept'
);

select matches(
  (select error_message from public.jobs_log where id = :'run_id'),
  '00:05:00.*max_runtime.*42 records',
  'The message of a reaped run has its time limit and its progress'
);

select is_empty(
  $$select jobs.reap_runs('pgtap-reap', '2001-03-10 13:00:00+00')$$,
  'A run is reaped only once'
);

-- Which runs

select pg_temp.running('pgtap-reap') as registered \gset
select pg_temp.running('pgtap-reap-unregistered') as unregistered \gset

select set_eq(
  $$select jobs.reap_runs('pgtap-reap-unregistered', '2001-03-10 12:10:00+00')$$,
  array[uuid :'unregistered'],
  'A run of an unregistered job is reaped after ten minutes, and those of other jobs are not'
);

select pg_temp.running('pgtap-reap-unregistered') as unregistered \gset

select is_empty(
  $$select jobs.reap_runs('pgtap-reap-unregistered', '2001-03-10 12:09:59.999999+00')$$,
  'A run of an unregistered job is not reaped before ten minutes'
);

select bag_has(
  $$select jobs.reap_runs(as_of => '2001-03-10 12:10:00+00')$$,
  format('values (uuid %L), (%L)', :'registered', :'unregistered'),
  'Without a job name the runs of all jobs are reaped'
);

select pg_temp.running('pgtap-reap', now() - interval '5 minutes') as long_running \gset
select pg_temp.running('pgtap-reap', now() - interval '4 minutes') as young \gset

select set_eq(
  $$select jobs.reap_runs('pgtap-reap')$$,
  array[uuid :'long_running'],
  'as_of is the current time by default'
);

insert into public.jobs_log (job_name, started_at, completed_at, status)
values ('pgtap-reap', '2001-03-10 12:00:00+00', '2001-03-10 12:30:00+00', 'success')
returning id as finished
\gset

select is_empty(
  $$select jobs.reap_runs('pgtap-reap', '2001-03-11 12:00:00+00')$$,
  'A run that has finished is not reaped, however long it took'
);

-- The time limit

select is(
  jobs.max_runtime('pgtap-reap'),
  interval '5 minutes',
  'The time limit of a registered job is its max_runtime'
);

select is(
  jobs.max_runtime('pgtap-reap-unregistered'),
  interval '10 minutes',
  'The time limit of an unregistered job is ten minutes'
);

select * from finish();
rollback;
