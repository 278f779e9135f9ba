begin;
\ir ../../arrange.psql
\ir ../../arrange_dispatch.psql
select no_plan();

-- Nothing listens on port 1, so every call is refused at once. What
-- a function may answer is tested end to end.

delete from vault.secrets
where name in ('functions_url', 'jobs_api_key');

select set_config('app.functions_url', '', true);
select set_config('app.jobs_api_key', '', true);

select jobs.register(
  job_name => 'pgtap-dispatch',
  description => 'A job of the tests',
  schedule => '0 0 1 1 *'
);

create function pg_temp.dispatched(trigger_source text default 'manual')
returns setof public.jobs_log
language plpgsql
as $$
declare
  run_id uuid := jobs.dispatch('pgtap-dispatch', dispatched.trigger_source);
begin
  return query
  select *
  from public.jobs_log as run
  where run.id = run_id;
end
$$;

-- Addresses that a key may be sent to

select is(
  jobs.checked_functions_url(address.url),
  address.url,
  format('A key can be sent to %s', address.url)
)
from (
  values
    ('https://project.supabase.co/functions/v1'),
    ('http://127.0.0.1:54321/functions/v1'),
    ('http://localhost:54321'),
    ('http://kong:8000/functions/v1'),
    ('http://api.supabase.internal:8000/functions/v1'),
    ('http://api.supabase.internal'),
    ('http://[::1]:54321/functions/v1'),
    ('http://127.255.0.9/functions/v1/'),
    ('http://supabase_kong_my-project:8000'),
    ('http://host.docker.internal:54321/functions/v1'),
    ('HTTPS://Project.Supabase.CO:443/functions/v1'),
    ('https://203.0.113.7/functions/v1'),
    ('https://[2001:db8::1]:8443/functions/v1'),
    ('https://xn--80aswg.xn--p1ai/functions/v1')
) as address (url);

select throws_ok(
  format('select jobs.checked_functions_url(%L)', address.url),
  '22023',
  null,
  format('A key cannot be sent to %s', address.url)
)
from (
  values
    ('http://project.supabase.co/functions/v1'),
    ('project.supabase.co/functions/v1'),
    ('http://127.0.0.1.example.com/'),
    ('http://1270.0.0.1/'),
    ('http://example.com/api.internal'),
    ('http://example.com:80/api.internal'),
    ('http://example.com/http://localhost/'),
    ('http://api.internal.example.com/'),
    ('http://localhost.example.com/'),
    ('ftp://127.0.0.1/'),
    ('http://2130706433/'),
    ('http://3221226219/'),
    ('http://0x7f000001/'),
    ('http://0xcb.0x0.0x71.0x7/'),
    ('http://017700000001/'),
    ('http://127.1/'),
    ('http://127.0.0.01/'),
    ('http://127.0.0.256/'),
    ('http://0/'),
    ('http://0.0.0.0/'),
    ('http://evil.example#.internal/'),
    ('http://evil.example?x.internal/'),
    ('http://evil.example\.internal/'),
    ('http://evil.example%23.internal/'),
    ('http://evil.example;.internal/'),
    ('http://evil.example,.internal/'),
    ('http://localhost@evil.example/'),
    ('http://localhost:80@evil.example/'),
    ('http://evil.example:80#@localhost/'),
    ('https://user:password@project.supabase.co/functions/v1'),
    ('http://localhost#evil.example'),
    ('http://localhost?evil.example'),
    ('http://evil．example/'),
    ('http://evil。example.internal/'),
    ('http://evil｡example.internal/'),
    ('http://evil．internal/'),
    ('http://ⓛocalhost/'),
    (U&'http://localho\017Ft/'),
    (U&'http://\212Aong:8000/'),
    ('http://localhost.'),
    ('http://.internal/'),
    ('http://evil..internal/'),
    ('http://[::ffff:203.0.113.7]/'),
    ('http://[2001:db8::1]/'),
    ('http://[::1].evil.example/'),
    ('http://[::1]evil.example/'),
    ('http://localhost:0/'),
    ('http://localhost:65536/'),
    ('http://localhost:/'),
    ('http:///functions/v1'),
    ('http://'),
    ('https://'),
    ('https:/project.supabase.co/functions/v1'),
    ('https:project.supabase.co'),
    ('//localhost/'),
    ('https://project.supabase.co/functions/v1?x='),
    ('https://project.supabase.co/functions/v1#'),
    ('https://2130706433/'),
    ('http://localhost /'),
    (E'http://localhost\n/'),
    (E'http://localhost/\nhttp://evil.example/'),
    ('{http://localhost,http://evil.example}/'),
    ('http://localhost/[1-9]')
) as address (url);

select throws_ok(
  $$select jobs.checked_functions_url('https://user:password@project.supabase.co')$$,
  '22023',
  'functions_url is not a plain address',
  'A password in the address is not repeated'
);

select is(
  jobs.redact_response('your key is secret-key', 'secret-key'),
  'your key is (key)',
  'An answer that repeats the key is logged without it'
);

-- Invalid calls

select results_eq(
  $$
    select state, message, hint ~ 'jobs.definitions'
    from pg_temp.error_of('select jobs.dispatch(''pgtap-unknown'')')
  $$,
  $$values ('42704', 'there is no job pgtap-unknown', true)$$,
  'Dispatching an unregistered job is an error that says where to look'
);

select throws_ok(
  $$select jobs.dispatch('pgtap-dispatch', 'rumour')$$,
  '22023',
  'trigger_source is cron, manual, catch_up or due, not rumour',
  'An unknown trigger source is an error'
);

select throws_ok(
  $$select jobs.dispatch('pgtap-dispatch', null)$$,
  '22023',
  'trigger_source is cron, manual, catch_up or due, not null',
  'A null trigger source is an error'
);

select is_empty(
  $$select 1 from public.jobs_log where job_name like 'pgtap-%'$$,
  'An invalid call leaves no run'
);

-- Missing settings

select * from pg_temp.dispatched('cron') \gset without_key_

select is(
  array[:'without_key_job_name', :'without_key_status', :'without_key_trigger_source'],
  array['pgtap-dispatch', 'failed', 'cron'],
  'Without a key the run fails and is logged'
);

select matches(
  text :'without_key_error_message',
  '^The function could not be called: the setting jobs_api_key is missing\. Add it to Vault',
  'Without a key the error of the run names the missing setting and how to add it'
);

select vault.create_secret('pgtap-key-5f3a-9c1e', 'jobs_api_key') as key_id \gset

select matches(
  (select error_message from pg_temp.dispatched()),
  '^The function could not be called: the setting functions_url is missing',
  'Without an address the run fails with an error that names the setting'
);

-- An address where nothing listens

select vault.create_secret('http://127.0.0.1:1/functions/v1/', 'functions_url') as url_id \gset

select * from pg_temp.dispatched('catch_up') \gset unreachable_

select is(
  array[:'unreachable_status', :'unreachable_trigger_source', :'unreachable_records_updated'],
  array['failed', 'catch_up', '0'],
  'A function that cannot be reached is a failed run'
);

select matches(
  text :'unreachable_error_message',
  '^The function could not be called: .*127\.0\.0\.1.*connect',
  'The run of a function that cannot be reached names the address'
);

select ok(
  timestamptz :'unreachable_started_at' between now() and :'unreachable_completed_at'
    and :'unreachable_completed_at' <= clock_timestamp(),
  'A failed run lasts from the call to its refusal'
);

select is(
  (select trigger_source from pg_temp.dispatched()),
  'manual',
  'The trigger source is manual by default'
);

select vault.update_secret(:'url_id', 'no address at all');

select is(
  (select status from pg_temp.dispatched()),
  'failed',
  'An invalid address is a failed run'
);

select vault.update_secret(:'key_id', E'pgtap-key-5f3a-9c1e\r\nX-Injected: yes');

select matches(
  (select error_message from pg_temp.dispatched()),
  'the setting jobs_api_key contains a line break',
  'A key that would inject a header is never sent'
);

-- All in all

select is(
  (select count(*) from public.jobs_log where job_name = 'pgtap-dispatch'),
  6::bigint,
  'Each dispatch leaves one row'
);

select is_empty(
  $$select 1 from public.jobs_log as run where run::text like '%pgtap-key-5f3a-9c1e%'$$,
  'The key is in no row'
);

select is_empty(
  'select 1 from extensions.http_list_curlopt()',
  'The session''s HTTP options are as before'
);

-- A short statement_timeout

set local statement_timeout = '2s';
select vault.update_secret(:'key_id', 'pgtap-key-5f3a-9c1e');
select vault.update_secret(:'url_id', 'http://127.0.0.1:1');

select is(
  (select status from pg_temp.dispatched()),
  'failed',
  'A statement_timeout too short for any answer still leaves a row'
);

-- Answers and failures of a call

create table pg_temp.next_answer (
  status int,
  content text,
  problem text
);

create or replace function jobs.call_function(
  slug text,
  method text,
  run_id uuid default null,
  body text default null,
  timeout_ms int default 90000,
  out status int,
  out content text,
  out problem text
)
language sql
as $$
  select answer.status, answer.content, answer.problem
  from pg_temp.next_answer as answer;
$$;

create function pg_temp.dispatch_answered(
  status int default null,
  content text default null,
  problem text default null
)
returns setof public.jobs_log
language plpgsql
as $$
declare
  run_id uuid;
begin
  delete from pg_temp.next_answer where true;
  insert into pg_temp.next_answer
  values (dispatch_answered.status, dispatch_answered.content, dispatch_answered.problem);

  run_id := jobs.dispatch('pgtap-dispatch');
  return query
  select *
  from public.jobs_log as run
  where run.id = run_id;
end
$$;

select is(
  (
    select run.status
    from pg_temp.dispatch_answered(problem => failure.problem) as run
  ),
  failure.status,
  format('After "%s" the run is %s', failure.problem, failure.status)
)
from (
  values
    ('Operation timed out after 90000 milliseconds with 0 bytes received.', 'running'),
    ('Connection timed out after 5001 milliseconds.', 'failed'),
    ('Resolving timed out after 5000 milliseconds.', 'failed'),
    ('Failed to connect to 127.0.0.1 port 1.', 'failed')
) as failure (problem, status);

select results_eq(
  $$
    select
      worker.token,
      worker.dispatched_at = run.started_at
    from jobs.run_workers as worker
    join public.jobs_log as run
      on run.id = worker.run_id
    where run.job_name = 'pgtap-dispatch'
      and run.status = 'running'
  $$,
  $$values (null::uuid, true)$$,
  'The running row waits for its function'
);
select is(
  (
    select pg_catalog.pg_get_function_arguments('jobs.dispatch(text, text, int)'::regprocedure) ~ 'timeout_ms integer DEFAULT 10000'
  ),
  true,
  'A tick waits for the answer for ten seconds'
);

delete from public.jobs_log where job_name = 'pgtap-dispatch';
insert into public.jobs_log (id, job_name, started_at, status)
values
  ('00000000-0000-4000-8000-000000000001', 'pgtap-dispatch-another', now(), 'running'),
  ('00000000-0000-4000-8000-000000000002', 'pgtap-dispatch', now() - interval '2 minutes', 'running'),
  ('00000000-0000-4000-8000-000000000003', 'pgtap-dispatch', now() - interval '1 minute', 'success');

select is(
  (
    select run.id
    from pg_temp.dispatch_answered(409, '{"runId": "00000000-0000-4000-8000-000000000003"}') as run
  ),
  '00000000-0000-4000-8000-000000000002',
  'Dispatching a running job returns the run that holds it, not the one that has ended since'
);

delete from public.jobs_log where id = '00000000-0000-4000-8000-000000000002';

select is(
  (
    select run.id
    from pg_temp.dispatch_answered(409, '{"runId": "00000000-0000-4000-8000-000000000003"}') as run
  ),
  '00000000-0000-4000-8000-000000000003',
  'Dispatching a job whose run has ended since returns the run that the function named'
);
select results_eq(
  $$
    select run.job_name, run.status, run.error_message ~ 'answered 409'
    from pg_temp.dispatch_answered(409, '{"runId": "00000000-0000-4000-8000-000000000001"}') as run
  $$,
  $$values ('pgtap-dispatch', 'failed', true)$$,
  'A function that names a run of another job is a failed call'
);

select * from finish();
rollback;
