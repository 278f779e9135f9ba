begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
\ir ../../arrange_dispatch.psql
select no_plan();

-- The functions URL is port 1 of this machine, where nothing answers: a call is
-- seen by its failure.

delete from vault.secrets
where name in ('functions_url', 'jobs_api_key');
select vault.create_secret('pgtap-key-5f3a-9c1e', 'jobs_api_key');
select vault.create_secret('http://127.0.0.1:1', 'functions_url');

-- Delivery

select is(jobs.request_delivery(), '[]', 'Without a due delivery the function is not called');

select pg_temp.claim();
select pg_temp.raise_alert('pgtap-a');
select matches(
  jobs.request_delivery() ->> 0,
  '^The health check did not run\. The function could not be called: .*127\.0\.0\.1',
  'A due delivery calls the function, and a failed call returns a sentence'
);
select is(jsonb_array_length(jobs.request_delivery()), 1, 'A failed call returns one sentence');

select pg_temp.claim();
select is(jobs.request_delivery(), '[]', 'While a process holds the delivery, the function is not called');

update jobs.last_resort
set failing_since = now()
where channel = 'slack';
select is(
  jsonb_array_length(jobs.request_delivery()),
  1,
  'Once alerts are not delivered it is called every minute, so that the end is seen'
);
select pg_temp.start_over();

-- Catch-up runs

select pg_temp.register('pgtap-a', enabled_at => now());
select is(
  jobs.start_catch_up('pgtap-a'),
  '[]',
  'A catch-up run that cannot reach its function is not a problem of the supervisor'
);
select results_eq(
  $$select status, trigger_source from public.jobs_log where job_name = 'pgtap-a'$$,
  $$values ('failed', 'catch_up')$$,
  'The failed catch-up run is logged with its trigger source'
);
select is(
  'pgtap-a' in (select jobs.due_catch_ups(clock_timestamp() + delay)),
  is_due,
  format('%s later it is %s', delay, case when is_due then 'due again' else 'not yet due' end)
)
from (
  values
    (interval '30 seconds', false),
    (interval '1 minute', true)
) as waits (delay, is_due);
select is(current_setting('lock_timeout'), '5s', 'The supervisor waits at most five seconds for a lock');

select * from finish();
rollback;
