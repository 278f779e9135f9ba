begin;
\ir ../../arrange.psql
select no_plan();

-- Nothing answers at port 1 of this machine. The answers of the function are
-- tested end to end.

delete from vault.secrets
where name in ('functions_url', 'jobs_api_key');
select set_config('app.functions_url', '', true);
select set_config('app.jobs_api_key', '', true);

create table pg_temp.log_before as
select count(*) as runs
from public.jobs_log;

select throws_like(
  'select jobs.check_health()',
  'The health check did not run. The function could not be called: the setting jobs_api_key is missing.%',
  'Without a key the check fails with an error that names the setting'
);

select vault.create_secret('pgtap-key-5f3a-9c1e', 'jobs_api_key');
select vault.create_secret('http://127.0.0.1:1', 'functions_url');

select throws_matching(
  'select jobs.check_health(timeout_ms => 2000)',
  '^The health check did not run\. The function could not be called: .*127\.0\.0\.1.*connect',
  'A check whose function cannot be reached fails with an error that names the address'
);
select is(
  (select count(*) from pg_temp.error_of('select jobs.check_health()') as error where error::text like '%5f3a%'),
  0::bigint,
  'The key is not in the error'
);
select is_empty('select 1 from extensions.http_list_curlopt()', 'The session''s HTTP options are as before');
select is(
  (select count(*) from public.jobs_log),
  (select runs from pg_temp.log_before),
  'A check does not log a run'
);

-- Answers of the function

create function pg_temp.when_answered(status int, content text)
returns void
language plpgsql
as $$
begin
  execute format(
    $ddl$
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
      set search_path = ''
      as $body$
        select %L::int, %L::text, null::text
        where (slug, method, timeout_ms) = ('check-job-health', 'GET', 45000);
      $body$
    $ddl$,
    when_answered.status,
    when_answered.content
  );
end
$$;

select pg_temp.when_answered(200, '{"status": "warning", "checkedAt": "2001-03-10T12:00:00Z"}');
select is(
  jobs.check_health(),
  'warning',
  'An answer of 200 is a check without critical findings, with a time-out of 45 seconds'
);

select pg_temp.when_answered(503, '{"status": "critical", "checkedAt": "2001-03-10T12:00:00Z"}');
select is(jobs.check_health(), 'critical', 'An answer of 503 with a report is a successful check');

create function pg_temp.refused()
returns text
language sql
as $$
  select error.message
  from pg_temp.error_of('select jobs.check_health()') as error;
$$;

select pg_temp.when_answered(503, '{"error": {"message": "No key is configured."}}');
select is(
  pg_temp.refused(),
  'The health check did not run. The function answered 503: it is not set up completely, or not running. '
    'The answer began: {"error": {"message": "No key is configured."}}',
  'An answer of 503 without a report is a failed check'
);

select pg_temp.when_answered(401, '{"error": {}}');
select matches(pg_temp.refused(), 'answered 401: it does not accept the key', 'An answer of 401 is a failed check');

select pg_temp.when_answered(200, '<html>Welcome</html>');
select matches(
  pg_temp.refused(),
  'answered 200: .*functions_url.*<html>Welcome</html>',
  'An answer of another service is a failed check'
);

select pg_temp.when_answered(200, null);
select matches(pg_temp.refused(), 'answered 200: .*\(empty\)', 'An empty answer is a failed check');

select * from finish();
rollback;
