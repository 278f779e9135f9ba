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

delete from public.jobs_log where id = :'young';
insert into public.jobs_log (job_name, started_at, completed_at, status)
values ('pgtap-reap', '2001-03-10 12:00:00+00', '2001-03-10 12:30:00+00', 'success')
returning id as finished
\gset

select is_empty(
  $$select jobs.reap_runs('pgtap-reap', '2001-03-11 12:00:00+00')$$,
  'A run that has finished is not reaped, however long it took'
);

-- A start in the future

select pg_temp.running('pgtap-future', '2001-03-10 12:01:00+00') as run_id \gset
select is_empty(
  $$select jobs.reap_runs('pgtap-future', '2001-03-10 12:00:00+00')$$,
  'A run that starts a minute ahead may be one whose clock was set back'
);
select set_eq(
  $$select jobs.reap_runs('pgtap-future', '2001-03-10 11:59:59.999999+00')$$,
  array[uuid :'run_id'],
  'One that starts later than that would block its job, and is reaped'
);
select results_eq(
  format('select status, started_at, completed_at from public.jobs_log where id = %L', :'run_id'),
  $$values ('failed', timestamptz '2001-03-10 11:59:59.999999+00', timestamptz '2001-03-10 11:59:59.999999+00')$$,
  'It has failed now, so that it counts as the last run'
);
select matches(
  (select error_message from public.jobs_log where id = :'run_id'),
  'start in the future, 2001-03-10 12:01:00',
  'Its message says what was wrong'
);

-- Silence

select pg_temp.running('pgtap-silent', '2001-03-10 12:00:00+00') as run_id \gset
select is_empty(
  $$select jobs.reap_runs('pgtap-silent', '2001-03-10 12:09:59.999999+00')$$,
  'A run that reports nothing is alive until max_runtime'
);
select public.report_job_progress(
  run_id => :'run_id',
  items_total => 200,
  items_processed => 50,
  as_of => '2001-03-10 12:01:00+00'
);
select is_empty(
  $$select jobs.reap_runs('pgtap-silent', '2001-03-10 12:01:59.999999+00')$$,
  'A run that has reported may be silent for a minute'
);
select public.report_job_progress(
  run_id => :'run_id',
  items_total => 200,
  items_processed => 50,
  as_of => '2001-03-10 12:02:00+00'
);
select is_empty(
  $$select jobs.reap_runs('pgtap-silent', '2001-03-10 12:02:59.999999+00')$$,
  'A report without a change shows that the run is alive'
);
select set_eq(
  $$select jobs.reap_runs('pgtap-silent', '2001-03-10 12:03:00+00')$$,
  array[uuid :'run_id'],
  'After a minute of silence the run is ended, long before max_runtime'
);
select is(
  (select error_message from public.jobs_log where id = :'run_id'),
  'The run had reported its progress every few seconds, and then not for 00:01:00. Its process was probably killed, or '
    'cannot reach the database. 42 records had been updated and 50 of 200 items processed; those changes stay.',
  'Its message says so'
);
select is(
  public.start_job_run('pgtap-silent', as_of => '2001-03-10 12:03:00+00') -> 'acquired',
  'true',
  'The next run can start'
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

-- A report without counts

select gen_random_uuid() as token \gset
select public.start_job_run('pgtap-alive', as_of => '2001-03-10 12:00:00+00', token => :'token') ->> 'run_id' as run_id \gset
select is_empty(
  $$select jobs.reap_runs('pgtap-alive', '2001-03-10 12:00:59.999999+00')$$,
  'A worker may be silent for a minute'
);
select public.report_job_progress(run_id => :'run_id', as_of => '2001-03-10 12:00:45+00');
select is_empty(
  $$select jobs.reap_runs('pgtap-alive', '2001-03-10 12:01:44.999999+00')$$,
  'A report without counts shows that the run is alive'
);
select set_eq(
  $$select jobs.reap_runs('pgtap-alive', '2001-03-10 12:01:45+00')$$,
  array[uuid :'run_id'],
  'After a minute of silence the run of a worker is ended'
);

-- A run that nobody takes over

select gen_random_uuid() as run_id \gset
select jobs.await_function('pgtap-awaited', :'run_id', 'cron', '2001-03-10 12:00:00+00');
select is_empty(
  $$select jobs.reap_runs('pgtap-awaited', '2001-03-10 12:01:59.999999+00')$$,
  'A function has two minutes to begin its run'
);
select set_eq(
  $$select jobs.reap_runs('pgtap-awaited', '2001-03-10 12:02:00+00')$$,
  array[uuid :'run_id'],
  'A run that no function has begun is ended, long before max_runtime'
);
select matches(
  (select error_message from public.jobs_log where id = :'run_id'),
  '^The function was called and did not answer, and it has not begun the run within 00:02:00\.',
  'Its message says so'
);
select is_empty(
  'select 1 from jobs.run_workers',
  'Nothing is kept of who worked on a run that has ended'
);

select * from finish();
rollback;
