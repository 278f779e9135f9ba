begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

-- The function lives at port 1 of this machine, where nothing answers: a call
-- that is made is seen by its failure.

delete from vault.secrets
where name in ('functions_url', 'jobs_api_key');
select vault.create_secret('pgtap-key-5f3a', 'jobs_api_key');
select vault.create_secret('http://127.0.0.1:1', 'functions_url');

-- Delivery

select is(jobs.request_delivery(), '[]', 'Without a due delivery the function is not called');

select pg_temp.claim();
select pg_temp.raise_alert('pgtap-a');
select matches(
  jobs.request_delivery() ->> 0,
  '^The health check did not run\. The function could not be called: .*127\.0\.0\.1',
  'Where an alert waits the function is called, and what goes wrong is a sentence and no error'
);
select is(jsonb_array_length(jobs.request_delivery()), 1, 'It is one sentence');

select pg_temp.claim();
select is(jobs.request_delivery(), '[]', 'While a process has claimed it the function is not called');

-- Catch-up runs

select pg_temp.register('pgtap-a', enabled_at => now());
select is(
  jobs.start_catch_up('pgtap-a'),
  '[]',
  'A catch-up run that fails raises its own alert: it is no problem of the supervisor'
);
select results_eq(
  $$select status, trigger_source from public.jobs_log where job_name = 'pgtap-a'$$,
  $$values ('failed', 'catch_up')$$,
  'It is logged, as what it is'
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
select is(current_setting('lock_timeout'), '5s', 'A lock is waited for no longer than five seconds');

select * from finish();
rollback;
