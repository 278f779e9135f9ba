begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
\ir ../../arrange_runs.psql
select no_plan();

create function pg_temp.cause(
  error_message text,
  metadata jsonb default null,
  items_total int default null,
  items_failed int default null,
  status text default 'failed'
)
returns text
language sql
as $$
  select jobs.failure_cause(
    jsonb_populate_record(
      null::public.jobs_log,
      jsonb_build_object(
        'id', gen_random_uuid(),
        'status', cause.status,
        'error_message', cause.error_message,
        'metadata', cause.metadata,
        'items_total', cause.items_total,
        'items_failed', cause.items_failed
      )
    )
  );
$$;

select is(pg_temp.cause('It broke.', status => 'success'), null, 'A run that succeeded has no cause');
select is(pg_temp.cause('It broke.', status => 'running'), null, 'Nor has one that is running');

select is(pg_temp.cause(given.message), given.cause, given.cause)
from (
  values
    (jobs.explain_response(503, '{"error": "Maria"}'), 'the function answered 503'),
    ('The function could not be called: connect to Maria failed: Connection refused.', 'the function could not be reached'),
    ('The function could not be called: Operation timed out after 10000 milliseconds.', 'the function did not answer in time'),
    ('The function could not be called: jobs_api_key is not set.', 'a setting is missing or unusable'),
    ('start_job_run failed: deadlock detected near Maria (40P01)', 'conflict between transactions (40P01)'),
    ('deadlock detected', 'conflict between transactions (40P01)'),
    ('canceling statement due to statement timeout', 'time-out or shutdown (57014)'),
    ('insert or update on table "x" violates foreign key constraint "Maria"', 'constraint violated (23000)'),
    ('finish_job_run failed: Bad gateway of Maria (http_502)', 'HTTP status 502'),
    ('CRM refuses the student Maria Lopez', 'an error of the job'),
    ('CRM refuses (MARIA)', 'an error of the job'),
    ('CRM refuses (08MAR) Maria', 'an error of the job'),
    ('', 'an error of the job'),
    (null, 'an error of the job')
) as given (message, cause);

select is(
  pg_temp.cause('The Maria of it', jsonb_build_object('attempt_errors', jsonb_build_array(jsonb_build_object('code', given.code)))),
  given.cause,
  'The code of the last attempt: ' || given.code
)
from (
  values
    ('53300', 'the database is out of resources (53300)'),
    ('P0001', 'error raised in the database (P0001)'),
    ('timeout', 'no answer in time'),
    ('network', 'network error'),
    ('http_429', 'HTTP status 429'),
    ('PGRST003', 'Data API error (PGRST003)'),
    ('MARIA', 'an error of the job'),
    ('Maria Lopez', 'an error of the job')
) as given (code, cause);

select is(
  pg_temp.cause('3 of 22 items failed, more than 10 %. The first: Maria', items_total => 22, items_failed => 3),
  '3 of 22 items failed',
  'Failed items are counted'
);

select is(pg_temp.cause(jobs.why_dead(dead, '2001-03-10 12:00:00+00')), expected.cause, expected.cause)
from (
  values
    (timestamptz '2001-03-01 12:00:00+00', null::timestamptz, 'not finished within max_runtime'),
    ('2001-03-10 11:58:00+00', '2001-03-10 11:58:30+00', 'no progress for a minute'),
    ('2001-03-10 13:00:00+00', null, 'a start in the future')
) as expected (started_at, last_progress_at, cause)
cross join lateral jsonb_populate_record(
  null::public.jobs_log,
  jsonb_build_object(
    'job_name', 'pgtap-a',
    'status', 'running',
    'started_at', expected.started_at,
    'last_progress_at', expected.last_progress_at
  )
) as dead;

select pg_temp.register('pgtap-a');
select (public.start_job_run('pgtap-a') ->> 'run_id')::uuid as run_id \gset
select jobs.cancel_run(:'run_id', 'Maria asked for it');
select jobs.end_cancelled_run(:'run_id');
select is(
  (select jobs.failure_cause(run) from public.jobs_log as run where run.id = :'run_id'),
  'cancelled by a person',
  'A cancelled run does not say by whom and why'
);

select * from finish();
rollback;
