begin;
\ir ../../arrange.psql
select no_plan();

select jobs.register(
  job_name => 'pgtap-start',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *',
  max_runtime => '5 minutes'
);

-- A free job

select gen_random_uuid() as first_run \gset

select is(
  public.start_job_run('pgtap-start', :'first_run', 'cron', '2001-03-10 12:00:00+00') - 'started_at' - 'remaining_seconds',
  jsonb_build_object('acquired', true, 'run_id', :'first_run', 'status', 'running', 'max_runtime_seconds', 300),
  'The first caller gets the run and its time limit'
);

select results_eq(
  format(
    'select job_name, status, trigger_source, started_at, completed_at, records_updated from public.jobs_log where id = %L',
    :'first_run'
  ),
  $$values ('pgtap-start', 'running', 'cron', timestamptz '2001-03-10 12:00:00+00', null::timestamptz, 0)$$,
  'A started run has a row'
);

select is(
  (public.start_job_run('pgtap-start', :'first_run', as_of => resumed.at) ->> 'remaining_seconds')::numeric,
  resumed.remaining_seconds,
  format('At %s the answer has the remaining time', resumed.at at time zone 'UTC')
)
from (
  values
    (timestamptz '2001-03-10 12:00:00+00', 300.000),
    (timestamptz '2001-03-10 12:04:58.5+00', 1.500),
    (timestamptz '2001-03-10 12:05:10+00', -10.000)
) as resumed (at, remaining_seconds);

-- A running job

select is(
  public.start_job_run('pgtap-start', gen_random_uuid(), 'manual', '2001-03-10 12:04:59+00') - 'started_at' - 'remaining_seconds',
  jsonb_build_object('acquired', false, 'run_id', :'first_run', 'status', 'running', 'max_runtime_seconds', 300),
  'A second caller gets the id of the running run'
);

select is(
  (public.start_job_run('pgtap-start', gen_random_uuid(), as_of => '2001-03-10 12:04:59+00') ->> 'started_at')::timestamptz,
  timestamptz '2001-03-10 12:00:00+00',
  'A second caller gets the start of the running run'
);

select is(
  (select count(*) from public.jobs_log where job_name = 'pgtap-start'),
  1::bigint,
  'A second caller leaves no row'
);

select is(
  public.start_job_run('pgtap-start', :'first_run', 'manual', '2001-03-10 12:09:00+00') - 'started_at' - 'remaining_seconds',
  jsonb_build_object('acquired', true, 'run_id', :'first_run', 'status', 'running', 'max_runtime_seconds', 300),
  'A running run is resumed by its id'
);

select results_eq(
  format('select started_at, trigger_source from public.jobs_log where id = %L', :'first_run'),
  $$values (timestamptz '2001-03-10 12:00:00+00', 'cron')$$,
  'Resuming a run changes nothing'
);

select ok(
  (public.start_job_run('pgtap-start-another', as_of => '2001-03-10 11:00:00+00') ->> 'acquired')::boolean,
  'Another job can start meanwhile'
);

-- A dead run

select gen_random_uuid() as second_run \gset

select is(
  public.start_job_run('pgtap-start', :'second_run', 'manual', '2001-03-10 12:04:59.999999+00') ->> 'acquired',
  'false',
  'A run holds its job one microsecond before max_runtime'
);

select is(
  public.start_job_run('pgtap-start', :'second_run', 'manual', '2001-03-10 12:05:00+00') ->> 'run_id',
  :'second_run',
  'A run at max_runtime does not keep the next one from starting'
);

select is(
  (select status from public.jobs_log where id = :'first_run'),
  'failed',
  'The next start marks the dead run as failed'
);

select is(
  (select count(*) from public.jobs_log where job_name = 'pgtap-start-another' and status = 'running'),
  1::bigint,
  'A start does not reap runs of other jobs, however old'
);

-- A finished run

select public.finish_job_run(:'second_run', as_of => '2001-03-10 12:06:00+00');

select is(
  public.start_job_run('pgtap-start', :'second_run', as_of => '2001-03-10 12:07:00+00') - 'started_at' - 'remaining_seconds',
  jsonb_build_object('acquired', false, 'run_id', :'second_run', 'status', 'success', 'max_runtime_seconds', 300),
  'A finished run is not started again'
);

select is(
  public.start_job_run('pgtap-start', :'first_run', as_of => '2001-03-10 12:07:00+00') - 'started_at' - 'remaining_seconds',
  jsonb_build_object('acquired', false, 'run_id', :'first_run', 'status', 'failed', 'max_runtime_seconds', 300),
  'A reaped run is not started again'
);

select is(
  public.start_job_run('pgtap-start', as_of => '2001-03-10 12:07:00+00') ->> 'acquired',
  'true',
  'The next run can start after the end of a run'
);

-- Defaults

select public.start_job_run('pgtap-start-defaults') as answer \gset

select results_eq(
  format('select trigger_source, started_at from public.jobs_log where id = %L', (jsonb :'answer') ->> 'run_id'),
  $$values ('manual', now())$$,
  'By default a run starts now with the trigger source manual'
);

select is(
  (jsonb :'answer') -> 'max_runtime_seconds',
  '600',
  'The time limit of an unregistered job is ten minutes'
);

select isnt(
  public.start_job_run('pgtap-start-null-id', null) ->> 'run_id',
  null,
  'A caller without a run id gets one'
);

-- Refusals

select throws_ok(
  format('select public.start_job_run(%s)', refused.job_name),
  '22023',
  'job_name is required',
  format('A job name of %s is refused', refused.job_name)
)
from (
  values ('null'), (''''''), (''' ''')
) as refused (job_name);

select throws_ok(
  format('select public.start_job_run(%L, %L)', 'pgtap-start-another', :'second_run'),
  'PT409',
  null,
  'A run cannot be resumed as the run of another job'
);

select throws_ok(
  $$select public.start_job_run('pgtap-start-source', trigger_source => 'rumour')$$,
  '23514',
  null,
  'An unknown trigger source is refused'
);

-- Two running runs, one of them logged by hand

insert into public.jobs_log (job_name, started_at, status)
values
  ('pgtap-start-twice', '2001-03-10 12:01:00+00', 'running'),
  ('pgtap-start-twice', '2001-03-10 12:00:00+00', 'running'),
  ('pgtap-start-twice', '2001-03-10 12:02:00+00', 'running');

select is(
  (public.start_job_run('pgtap-start-twice', as_of => '2001-03-10 12:03:00+00') ->> 'started_at')::timestamptz,
  timestamptz '2001-03-10 12:00:00+00',
  'The oldest of several running runs holds the job'
);

-- Two workers with one run id

select gen_random_uuid() as shared_run, gen_random_uuid() as token, gen_random_uuid() as other_token \gset

create function pg_temp.start_shared(run_id uuid, token uuid, as_of timestamptz default '2001-03-10 12:00:30+00')
returns jsonb
language sql
as $$
  select public.start_job_run('pgtap-start-shared', start_shared.run_id, 'cron', start_shared.as_of, start_shared.token);
$$;

select pg_temp.start_shared(:'shared_run', :'token', '2001-03-10 12:00:00+00') as first_answer \gset

select is(
  jsonb :'first_answer' ->> 'acquired',
  'true',
  'The first worker gets the run'
);
select is(
  pg_temp.start_shared(:'shared_run', :'token') - 'remaining_seconds',
  jsonb :'first_answer' - 'remaining_seconds',
  'The same token gets the same answer'
);
select is(
  pg_temp.start_shared(:'shared_run', :'other_token') - 'remaining_seconds',
  jsonb :'first_answer' - 'remaining_seconds' || '{"acquired": false}',
  'Another token does not get the run'
);
select is(
  pg_temp.start_shared(:'shared_run', null) ->> 'acquired',
  'false',
  'A caller without a token does not get the run of a worker'
);
select results_eq(
  format('select started_at, last_progress_at from public.jobs_log where id = %L', :'shared_run'),
  $$values (timestamptz '2001-03-10 12:00:00+00', timestamptz '2001-03-10 12:00:00+00')$$,
  'A run with a worker has reported since its start, and the other calls have changed nothing'
);

select throws_ok(
  format(
    'select public.finish_job_run(%L, %L, as_of => %L, token => %L)',
    :'shared_run', 'failed', '2001-03-10 12:00:40+00', :'other_token'
  ),
  'PT409',
  null,
  'Another worker does not end the run'
);
select is(
  public.finish_job_run(:'shared_run', as_of => '2001-03-10 12:00:40+00', token => :'token') ->> 'status',
  'success',
  'Its worker ends the run'
);
select is_empty(
  'select 1 from jobs.run_workers',
  'A run that has ended has no worker'
);
select is(
  pg_temp.start_shared(:'shared_run', run.token) - 'remaining_seconds',
  jsonb :'first_answer' - 'remaining_seconds' || '{"acquired": false, "status": "success"}',
  'A run that has ended is given to nobody'
)
from (values (:'token'::uuid), (:'other_token'), (null)) as run (token);
select is(
  public.finish_job_run(:'shared_run', 'failed', token => :'other_token') ->> 'status',
  'success',
  'Any worker gets the result of a run that has ended'
);

-- A run that waits for its function

select gen_random_uuid() as awaited_run \gset
select jobs.await_function('pgtap-start-shared', :'awaited_run', 'cron', '2001-03-10 13:00:00+00');

select is(
  jobs.await_function('pgtap-start-shared', gen_random_uuid(), 'cron', '2001-03-10 13:01:00+00'),
  :'awaited_run',
  'A call that waits for its function does not start a second run'
);
select is(
  pg_temp.start_shared(:'awaited_run', :'token', '2001-03-10 13:01:30+00') - 'remaining_seconds' - 'started_at',
  jsonb_build_object('acquired', true, 'run_id', :'awaited_run', 'status', 'running', 'max_runtime_seconds', 600),
  'The function takes the run over'
);
select is(
  pg_temp.start_shared(:'awaited_run', :'other_token', '2001-03-10 13:01:30+00') ->> 'acquired',
  'false',
  'A second one does not'
);
select results_eq(
  format('select started_at, status, trigger_source from public.jobs_log where id = %L', :'awaited_run'),
  $$values (timestamptz '2001-03-10 13:01:30+00', 'running', 'cron')$$,
  'The run begins when its function takes it over'
);
select is(
  jobs.await_function('pgtap-start-shared', :'awaited_run', 'cron', '2001-03-10 13:00:00+00'),
  :'awaited_run',
  'A call that gives up when the function has begun leaves the run to it'
);
select is_empty(
  $$select jobs.reap_runs('pgtap-start-shared', '2001-03-10 13:02:29.999999+00')$$,
  'A run that was taken over is alive while it reports'
);

-- A run that was cancelled before its function came

select gen_random_uuid() as cancelled_run \gset
select jobs.await_function('pgtap-start-cancelled', :'cancelled_run', 'cron', '2001-03-10 13:00:00+00');
insert into jobs.actions (action, job_name, run_id, reason, requested_by, requested_at)
values ('cancel', 'pgtap-start-cancelled', :'cancelled_run', 'the tests', 'pgtap', '2001-03-10 13:00:05+00');

select is(
  public.start_job_run(
    'pgtap-start-cancelled', :'cancelled_run', as_of => '2001-03-10 13:00:10+00', token => :'token'
  ) - 'remaining_seconds' - 'started_at',
  jsonb_build_object('acquired', false, 'run_id', :'cancelled_run', 'status', 'failed', 'max_runtime_seconds', 600),
  'A function that comes to a cancelled run does not begin it'
);

select * from finish();
rollback;
