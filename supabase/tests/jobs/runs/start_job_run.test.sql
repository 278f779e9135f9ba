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

select * from finish();
rollback;
