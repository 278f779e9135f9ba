begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
\ir ../../arrange_dispatch.psql
\ir ../../health/arrange_system_checks.psql
select no_plan();

select pg_temp.unregister_all();
select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');
delete from vault.secrets where name in ('functions_url', 'jobs_api_key', 'slack_webhook_url');
select set_config('app.functions_url', 'https://production.example/functions/v1', true);
select set_config('app.jobs_api_key', 'pgtap-key-5f3a-9c1e', true);
select set_config('app.slack_webhook_url', 'https://hooks.slack.com/services/pgtap', true);

-- What the functions answer.
create table pg_temp.answer (status int, content text);
insert into pg_temp.answer values (200, '{"status":"ok","checkedAt":"now"}');
create table pg_temp.requests (url text, headers jsonb);
create or replace function jobs.send_request(
  method text, url text, headers jsonb, body text, connect_seconds int, timeout_ms int,
  out status int, out content text, out problem text
)
language sql
as $$
  insert into pg_temp.requests values (send_request.url, send_request.headers);
  select answer.status, answer.content, null::text from pg_temp.answer;
$$;
create function pg_temp.requests_since()
returns int
language sql
as $$
  with taken as (delete from pg_temp.requests where true returning 1) select count(*)::int from taken;
$$;

-- Which database calls

select matches(jobs.database_fingerprint(), '^[0-9a-f]{16}$', 'A database has a fingerprint');
select is(public.is_this_database(jobs.database_fingerprint()), true, 'It knows its own');
select is(public.is_this_database('0123456789abcdef'), false, 'And no other');
select is(public.is_this_database(null), null, 'Null is none');
do $$ begin perform jobs.check_health(); end $$;
select is(
  (select requests.headers ->> 'X-Database' from pg_temp.requests),
  jobs.database_fingerprint(),
  'The functions learn which database calls them'
);
select pg_temp.requests_since();
select is(jobs.is_copy(), false, 'Functions that answer belong to this database');
select is(pg_temp.findings(), '{}', 'And all is well');

-- The functions of another database

update pg_temp.answer set status = 421, content = '{"error":{"code":"other_database"}}' where true;
select pg_temp.register('pgtap-job');
select jobs.dispatch('pgtap-job', 'cron') as run_id \gset
select is(pg_temp.requests_since(), 1, 'They are asked once');
select matches(
  (select format('%s: %s', run.status, run.error_message) from public.jobs_log as run where run.id = :'run_id'),
  '^failed: The function answered 421: it belongs to another database\. This one is a copy',
  'The run has failed, and says why'
);
select is(jobs.is_copy(), true, 'This database is a copy');
select matches(
  (pg_temp.findings())[1],
  '^critical database_copy: This database is a copy\. The functions at https://production\.example/functions/v1 belong to '
    'another database, and have refused it since .* UTC\. It starts no run and sends no alert\.$',
  'The health report says so'
);
select is(pg_temp.new_alerts(), array['run_failed of pgtap-job'], 'The failed run raises an alert');
select is(pg_temp.claim(channels => pg_temp.channels('slack')), '{}', 'Which waits in the outbox');
select is(jobs.check_health(), null, 'The hourly check raises no error, which would undo what was noted');
select is(pg_temp.requests_since(), 0, 'And does not ask the functions again at once');
select jobs.dispatch('pgtap-job', 'cron') as run_id \gset
select is(pg_temp.requests_since(), 0, 'Neither does a tick');
select matches(
  (select run.error_message from public.jobs_log as run where run.id = :'run_id'),
  '^The function could not be called: this database is a copy: .* Disarm it: select jobs\.disarm\(''<why>''\)\.',
  'Which says what to do'
);
select is(array(select jobs.due_catch_ups(now() + interval '1 day')), '{}', 'Nothing is caught up');
update jobs.definitions set due_check = 'pg_temp.due' where job_name = 'pgtap-job';
select is(array(select jobs.due_checks_to_ask(now() + interval '1 day')), '{}', 'No due check is asked');

-- Alerts of the original that the copy holds

insert into jobs.alerts (id, kind, job_name, raised_at, details)
values ('11111111-1111-4111-8111-111111111111', 'run_failed', 'pgtap-job', now() - interval '1 hour', '{}');
insert into jobs.alert_deliveries (alert_id, channel, job_name, sequence, queued_at, next_attempt_at)
select alert.id, 'slack', alert.job_name, alert.sequence, alert.raised_at, alert.raised_at
from jobs.alerts as alert;
select is(pg_temp.claim(channels => pg_temp.channels('slack')), '{}', 'A listener of the copy gets none of them');
select is(jobs.prepare_last_resort('["down"]'), jsonb '["down"]', 'The last resort');
select is_empty($$select 1 from jobs.last_resort where message is not null$$, 'Writes nothing');
update jobs.last_resort set subject = 'FAILING', message = 'Of the original', written_at = now() where true;
select is(jobs.send_last_resort('slack'), jsonb '[]', 'And does not send what the original has written');
select is(pg_temp.requests_since(), 0, 'So nothing leaves the copy');

-- The end of it

select throws_ok(
  format(
    $$
      update jobs.refused_address set refused_since = now() - %L::interval, refused_at = now();
      select jobs.assert_no_copy('https://production.example/functions/v1', now() + %L::interval)
    $$,
    refused.since,
    refused.later
  ),
  '55000',
  null,
  format('Refused for %s, they are left alone for %s more', refused.since, refused.later)
)
from (
  values ('0', '49 seconds'), ('2 minutes', '119 seconds'), ('1 hour', '289 seconds'), ('30 days', '289 seconds')
) as refused (since, later);
select lives_ok(
  format(
    $$
      update jobs.refused_address set refused_since = now() - %L::interval, refused_at = now() where true;
      select jobs.assert_no_copy('https://production.example/functions/v1', now() + %L::interval)
    $$,
    refused.since,
    refused.later
  ),
  format('Refused for %s, they are asked again after %s', refused.since, refused.later)
)
from (
  values ('0', '50 seconds'), ('2 minutes', '2 minutes'), ('1 hour', '290 seconds'), ('30 days', '290 seconds'),
    -- A clock that was set back.
    ('30 days', '-1 second')
) as refused (since, later);

create function pg_temp.refused(since interval, at interval)
returns void
language sql
as $$
  update jobs.refused_address
  set refused_since = clock_timestamp() - refused.since, refused_at = clock_timestamp() - refused.at
  where true;
$$;

select pg_temp.refused('2 hours', '1 minute');
select is(jobs.is_copy(), true, 'A refusal of a minute ago counts');
select pg_temp.refused('2 hours', '15 minutes');
select is(
  jobs.is_copy(), false,
  'One of 15 minutes ago does not: functions that are down since must not silence a database that is none'
);
select pg_temp.refused('2 hours', '-5 minutes');
select is(jobs.is_copy(), false, 'Nor does one of the future, on a clock that was set back');

select pg_temp.refused('5 minutes', '5 minutes');
select jobs.request_delivery();
select is(pg_temp.requests_since(), 1, 'The supervisor asks them again');
select is(jobs.is_copy(), true, 'A second no changes nothing');
select is((select count(*) from jobs.refused_address), 1::bigint, 'And adds no row');
select ok(
  (select refused_since < now() - interval '4 minutes' and refused_at > now() from jobs.refused_address),
  'It keeps since when, and knows the last time'
);
update jobs.refused_address
set refused_since = now() + interval '1 day', refused_at = now() + interval '1 day'
where true;
select jobs.request_delivery();
select is(jobs.is_copy(), true, 'A no on a clock that was set back counts from now on');

-- The database cannot know whether it is a copy, so it reports the refusal.

select pg_temp.refused('9 minutes', '0');
select jobs.prepare_last_resort('[]');
select is_empty($$select 1 from jobs.last_resort where is_of_copy$$, 'For 10 minutes it says nothing');
select pg_temp.refused('20 minutes', '0');
select jobs.prepare_last_resort('[]');
select matches(
  (select state.subject || '. ' || state.message from jobs.last_resort as state where state.channel = 'slack'),
  '^ALERT: a database is refused as a copy, and sends no alerts\. This message comes from a database whose server was '
    'started at .* UTC.* The functions at https://production\.example/functions/v1 have refused it for [0-9.]+ minutes, since '
    '.* UTC.*, because they work on another database\..*disarm it.*If it is production, its functions are connected to '
    'another database.*database-copy',
  'Then its last resort says that it is refused, and what to do in either case'
);
update pg_temp.answer set status = 200, content = 'ok' where true;
select pg_temp.requests_since();
select is(jobs.send_last_resort('slack'), '[]', 'The last resort sends it');
select is(
  (select array_agg(url) from pg_temp.requests), array['https://hooks.slack.com/services/pgtap'], 'And nothing else'
);
select pg_temp.requests_since();
select jobs.prepare_last_resort('[]', now() + interval '23 hours');
select is_empty($$select 1 from jobs.last_resort where channel = 'slack' and message is not null$$, 'Once');
select jobs.prepare_last_resort('[]', now() + interval '24 hours');
select isnt_empty($$select 1 from jobs.last_resort where channel = 'slack' and message is not null$$, 'A day');

-- The end of it

update pg_temp.answer set status = 502, content = 'Bad gateway' where true;
select pg_temp.refused('6 minutes', '6 minutes');
select jobs.request_delivery();
select is(jobs.is_copy(), true, 'An answer of somebody in between says nothing');
update pg_temp.answer set status = 401, content = '{"error":{"code":"invalid_key"}}' where true;
select jobs.request_delivery();
select is(jobs.is_copy(), true, 'Nor does one from before the databases are compared');

update pg_temp.answer
set status = 500, content = '{"error":{"code":"run_not_started"},"runId":"11111111-1111-4111-8111-111111111111"}'
where true;
select jobs.request_delivery();
select is(jobs.is_copy(), true, 'Nor does one of a function whose database does not answer: nothing was compared');

update pg_temp.answer set status = 421, content = null where true;
select jobs.request_delivery();
select is(jobs.is_copy(), true, 'Nor does a 421 without content');

create function pg_temp.is_copy_after(status int, content text)
returns boolean
language plpgsql
as $$
begin
  insert into jobs.refused_address values ('https://production.example/functions/v1', now(), clock_timestamp())
  on conflict do nothing;
  perform pg_temp.refused('6 minutes', '6 minutes');
  update pg_temp.answer set status = is_copy_after.status, content = is_copy_after.content where true;
  perform jobs.call_function('check-job-health', 'GET');
  return jobs.is_copy();
end
$$;
select is(
  pg_temp.is_copy_after(accepted.status, accepted.content), false,
  format('Functions that accept the call end it: %s %s', accepted.status, accepted.content)
)
from (
  values
    (200, '{"status":"ok","checkedAt":"now"}'),
    -- The health of a database that was taken for a copy is critical.
    (503, '{"status":"critical","checkedAt":"now"}'),
    (409, '{"runId":"11111111-1111-4111-8111-111111111111"}'),
    (500, '{"error":{"code":"run_failed"},"runId" : "11111111-1111-4111-8111-111111111111"}')
) as accepted (status, content);
select is(
  pg_temp.claim(channels => pg_temp.channels('slack')),
  array['pgtap-job'],
  'What was raised meanwhile is delivered then'
);
select isnt_empty(
  $$select 1 from jobs.due_catch_ups(now() + interval '1 day') as due (name) where due.name = 'pgtap-job'$$,
  'And what was missed is caught up'
);
select jobs.prepare_last_resort('[]');
select is_empty(
  $$select 1 from jobs.last_resort where is_of_copy or message like '%refused%'$$,
  'A message that it is a copy is not sent any more'
);

update pg_temp.answer set status = 421, content = '{"error":{"code":"other_database"}}' where true;
select jobs.dispatch('pgtap-job', 'cron');
select is(jobs.is_copy(), true, 'Refused again, it is a copy again');
select set_config('app.functions_url', 'https://staging.example/functions/v1', true);
select is(jobs.is_copy(), false, 'With functions of its own it is none any more');
update pg_temp.answer set content = '{"error":{"code":"misdirected"}}' where true;
select jobs.dispatch('pgtap-job', 'cron');
select is(jobs.is_copy(), false, 'The 421 of a proxy is not ours');

select * from finish();
rollback;
