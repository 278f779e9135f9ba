begin;
\ir ../../arrange.psql
select no_plan();

create function pg_temp.running(job_name text default 'pgtap-finish')
returns uuid
language sql
as $$
  insert into public.jobs_log (job_name, started_at, status)
  values (running.job_name, '2001-03-10 12:00:00+00', 'running')
  returning id;
$$;

-- The answer

select pg_temp.running() as run_id \gset

select is(
  public.finish_job_run(
    run_id => :'run_id',
    metadata => '{"attempts": 1}',
    records_updated => 7,
    items_total => 3,
    items_processed => 3,
    errors => '[]',
    as_of => '2001-03-10 12:00:01.5+00'
  ),
  jsonb_build_object(
    'run_id', :'run_id',
    'job_name', 'pgtap-finish',
    'status', 'success',
    'started_at', timestamptz '2001-03-10 12:00:00+00',
    'completed_at', timestamptz '2001-03-10 12:00:01.5+00',
    'duration_ms', 1500,
    'records_updated', 7,
    'items_total', 3,
    'items_processed', 3,
    'items_failed', 0,
    'error_message', null,
    'errors', jsonb '[]',
    'metadata', jsonb '{"attempts": 1}',
    'ping_url', null
  ),
  'A finished run is returned with all its fields'
);

select results_eq(
  format(
    $$
      select status, completed_at, duration_ms, records_updated, items_total, items_processed, errors, metadata
      from public.jobs_log
      where id = %L
    $$,
    :'run_id'
  ),
  $$
    values (
      'success', timestamptz '2001-03-10 12:00:01.5+00', 1500::bigint, 7, 3, 3, jsonb '[]', jsonb '{"attempts": 1}'
    )
  $$,
  'The row has the same values as the answer'
);

-- Terminal is final

create table pg_temp.finished as
select *
from public.jobs_log
where id = :'run_id';

select is(
  public.finish_job_run(
    run_id => :'run_id',
    status => 'failed',
    error_message => 'too late',
    metadata => '{"attempts": 9}',
    records_updated => 99,
    errors => '[{"id": "1", "name": "n", "error": "e"}]'
  ) - 'started_at' - 'completed_at',
  jsonb_build_object(
    'run_id', :'run_id',
    'job_name', 'pgtap-finish',
    'status', 'success',
    'duration_ms', 1500,
    'records_updated', 7,
    'items_total', 3,
    'items_processed', 3,
    'items_failed', 0,
    'error_message', null,
    'errors', jsonb '[]',
    'metadata', jsonb '{"attempts": 1}',
    'ping_url', null
  ),
  'A successful run stays a success and is returned as it ended'
);

select results_eq(
  format('select * from public.jobs_log where id = %L', :'run_id'),
  'select * from pg_temp.finished',
  'Finishing a finished run again does not change its row'
);

select pg_temp.running() as run_id \gset
select public.finish_job_run(:'run_id', 'failed', 'it broke');

select results_eq(
  format(
    'select answer ->> %L, answer ->> %L from public.finish_job_run(%L, %L) as answer',
    'status', 'error_message', :'run_id', 'success'
  ),
  $$values ('failed', 'it broke')$$,
  'A failed run does not become a success'
);

select pg_temp.running() as run_id \gset
select jobs.reap_runs('pgtap-finish', '2001-03-10 13:00:00+00');

select results_eq(
  format(
    $$
      select answer ->> 'status', answer ->> 'error_message' ~ 'max_runtime'
      from public.finish_job_run(%L) as answer
    $$,
    :'run_id'
  ),
  $$values ('failed', true)$$,
  'A reaped run stays failed, whatever its process reports afterwards'
);

-- Omitted arguments

select pg_temp.running() as run_id \gset
update public.jobs_log
set
  metadata = '{"agencies": [], "attempts": 1}',
  records_updated = 5,
  items_total = 10,
  items_processed = 4,
  errors = '[{"id": "1", "name": "n", "error": "e"}]'
where id = :'run_id';
select public.finish_job_run(:'run_id', metadata => '{"attempts": 2}');

select results_eq(
  format(
    'select metadata, records_updated, items_total, items_processed, errors from public.jobs_log where id = %L',
    :'run_id'
  ),
  $$
    values (
      jsonb '{"agencies": [], "attempts": 2}', 5, 10, 4, jsonb '[{"id": "1", "name": "n", "error": "e"}]'
    )
  $$,
  'metadata is merged into the row, and omitted keys are kept'
);

select pg_temp.running() as run_id \gset
update public.jobs_log
set metadata = '{"attempts": 1}'
where id = :'run_id';
select public.finish_job_run(:'run_id', metadata => null);

select is(
  (select metadata from public.jobs_log where id = :'run_id'),
  '{"attempts": 1}',
  'Null metadata keeps the metadata of the row'
);

select pg_temp.running() as run_id \gset

select is(
  public.finish_job_run(:'run_id') -> key,
  expected::jsonb,
  format('A run without particulars has %s as its %s', expected, key)
)
from (
  values ('errors', '[]'), ('metadata', '{}'), ('records_updated', '0'), ('items_total', 'null')
) as particulars (key, expected);

-- The clock

select pg_temp.running() as run_id \gset

select is(
  (public.finish_job_run(:'run_id', as_of => '2001-03-10 11:59:59+00') ->> 'duration_ms')::int,
  0,
  'A run that ends before it started on another clock took no time'
);

select pg_temp.running() as run_id \gset

select is(
  (public.finish_job_run(:'run_id') ->> 'completed_at')::timestamptz,
  now(),
  'A run ends now by default'
);

-- The share of failed items

select jobs.register(
  job_name => 'pgtap-finish-strict',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *',
  degraded_error_ratio => 0,
  failed_error_ratio => 0
);

create function pg_temp.outcome(failed_items int, items_total int, job_name text default 'pgtap-finish')
returns jsonb
language sql
as $$
  select public.finish_job_run(
    run_id => pg_temp.running(outcome.job_name),
    items_total => outcome.items_total,
    items_processed => outcome.items_total,
    errors => (
      select coalesce(
        jsonb_agg(jsonb_build_object('id', number, 'name', 'item ' || number, 'error', 'closed books')),
        '[]'
      )
      from generate_series(1, outcome.failed_items) as number
    )
  );
$$;

select is(
  pg_temp.outcome(100, 200) ->> 'status',
  'success',
  'A run in which exactly 50 % of 200 items failed is a success'
);

select is(
  pg_temp.outcome(101, 200) ->> 'status',
  'failed',
  'A run in which 101 of 200 items failed is failed'
);

select is(
  pg_temp.outcome(101, 200) ->> 'error_message',
  '101 of 200 items failed, more than 50 %. The first: closed books',
  'A run that failed because of its items has their number and the first error in its message'
);

select is(
  pg_temp.outcome(1, 1000, 'pgtap-finish-strict') ->> 'status',
  'failed',
  'A job that tolerates no failed item fails with one'
);

select is(
  pg_temp.outcome(0, 1000, 'pgtap-finish-strict') ->> 'status',
  'success',
  'A job that tolerates no failed item succeeds without one'
);

select is(
  pg_temp.outcome(0, 0) ->> 'status',
  'success',
  'A run without items is a success'
);

-- With very many failed items the row names only the first ones.

select is(
  public.finish_job_run(
    run_id => pg_temp.running(),
    items_total => 4,
    items_failed => listed.items_failed,
    errors => '[{"id": "1", "name": "n", "error": "closed books"}]'
  ) ->> 'status',
  listed.status,
  format('%s of 4 items failed, of which one is named: %s', listed.items_failed, listed.status)
)
from (
  values (null, 'success'), (2, 'success'), (3, 'failed')
) as listed (items_failed, status);

select is(
  public.finish_job_run(
    run_id => pg_temp.running(),
    status => 'failed',
    error_message => 'it broke',
    items_total => 1,
    errors => '[{"id": "1", "name": "n", "error": "e"}]'
  ) ->> 'error_message',
  'it broke',
  'A run that fails with its own message keeps it'
);

select pg_temp.running() as noted \gset
update public.jobs_log
set error_message = 'the first attempt timed out'
where id = :'noted';

select is(
  public.finish_job_run(:'noted', 'failed') ->> 'error_message',
  'the first attempt timed out',
  'A null message keeps the message of the row'
);

-- Refusals

select throws_ok(
  format('select public.finish_job_run(%L, %L)', pg_temp.running(), refused.status),
  '22023',
  null,
  format('A run cannot finish as %s', coalesce(refused.status, 'null'))
)
from (
  values ('running'), ('done'), (null)
) as refused (status);

select throws_ok(
  format('select public.finish_job_run(%L)', gen_random_uuid()),
  'PT404',
  null,
  'A run that does not exist is not found (HTTP 404)'
);

select * from finish();
rollback;
