begin;
\ir ../../arrange.psql
\ir ../../arrange_alerts.psql
select no_plan();

delete from vault.secrets
where name in ('slack_webhook_url', 'resend_api_key', 'resend_base_url', 'alert_email_from', 'alert_email_to');

-- Instead of the services: it answers what the test says, and keeps what it got.

create table pg_temp.calls (
  url text,
  body jsonb,
  bearer text,
  idempotency_key text
);

create table pg_temp.answer (
  status int,
  content text,
  problem text
);
insert into pg_temp.answer (status)
values (null);

create or replace function jobs.post_json(
  url text,
  body jsonb,
  bearer text default null,
  idempotency_key text default null,
  timeout_ms int default 5000,
  out status int,
  out content text,
  out problem text
)
language sql
as $$
  insert into pg_temp.calls
  values (post_json.url, post_json.body, post_json.bearer, post_json.idempotency_key);

  select answer.status, answer.content, answer.problem
  from pg_temp.answer;
$$;

create function pg_temp.answers(status int, content text, problem text default null)
returns void
language sql
as $$
  update pg_temp.answer
  set
    status = answers.status,
    content = answers.content,
    problem = answers.problem
  where true;
$$;

create function pg_temp.write()
returns void
language sql
as $$
  update jobs.last_resort
  set
    written_at = now(),
    attempted_at = null,
    subject = 'ALERT',
    message = 'The job <!channel> & "co" broke.'
  where true;

  delete from pg_temp.calls where true;
$$;

create function pg_temp.is_sent(channel text)
returns boolean
language sql
as $$
  select state.message is null and state.sent_at is not null
  from jobs.last_resort as state
  where state.channel = is_sent.channel;
$$;

-- Nothing to say, or nobody to say it to

select pg_temp.answers(200, 'ok');
select is(jobs.send_last_resort('slack'), '[]', 'Without a message nothing is sent');
select pg_temp.write();
select is(jobs.send_last_resort('slack'), '[]', 'A channel that is not set up is no problem');
select is(jobs.send_last_resort('email'), '[]', 'Neither is mail');
select is_empty('select * from pg_temp.calls', 'No service was called');

-- Slack

select vault.create_secret('https://hooks.slack.com/services/T0/B0/pgtap-secret', 'slack_webhook_url') as slack_id \gset
select is(jobs.send_last_resort('slack'), '[]', 'When it is set up during the failure, the message is sent');
select results_eq(
  'select url, body, bearer, idempotency_key from pg_temp.calls',
  $$
    values (
      'https://hooks.slack.com/services/T0/B0/pgtap-secret',
      jsonb_build_object(
        'text', E'ALERT\n\nThe job &lt;!channel&gt; &amp; "co" broke.',
        'mrkdwn', false
      ),
      null::text,
      null::text
    )
  $$,
  'Slack gets the text, and what it would interpret is escaped'
);
select ok(pg_temp.is_sent('slack'), 'Slack''s ok counts as sent');
select jobs.send_last_resort('slack');
select is((select count(*) from pg_temp.calls), 1::bigint, 'It is sent once');

select pg_temp.write();
select pg_temp.answers(200, '<html>Welcome</html>');
select is(
  jobs.send_last_resort('slack'),
  '["the last resort could not send to slack: Slack answered 200: <html>Welcome</html>"]',
  'A page that answers 200 is not Slack'
);
select ok(not pg_temp.is_sent('slack'), 'The message is kept');
select pg_temp.answers(
  404,
  E'no_service: https://hooks.slack.com/services/T0/B0/pgtap-secret\nand /services/T0/B0/pgtap-secret'
);
select is(
  jobs.send_last_resort('slack', now() + interval '1 minute') ->> 0,
  'the last resort could not send to slack: Slack answered 404: no_service: (key) and (key)',
  'An answer that repeats the webhook is stored without it'
);
select is(
  jobs.send_last_resort('slack', now() + interval '1 minute 59 seconds'),
  '[]',
  'After a minute of trying the next attempt is a minute away'
);
select pg_temp.answers(null, null, 'Operation timed out after 5000 milliseconds');
select matches(
  jobs.send_last_resort('slack', now() + interval '2 minutes') ->> 0,
  'Operation timed out',
  'No answer is a problem'
);
select pg_temp.answers(200, 'ok');
select is(jobs.send_last_resort('slack', now() + interval '4 minutes'), '[]', 'The next attempt may be successful');
select is(
  (select last_error from jobs.last_resort where channel = 'slack'),
  null,
  'Then the error is over'
);

-- Mail

select pg_temp.write();
select vault.create_secret('re_pgtap_key_5f3a', 'resend_api_key');
select vault.create_secret('Duewatch <alerts@x.example>', 'alert_email_from');
select is(
  jobs.send_last_resort('email') ->> 0,
  'the last resort could not send to email: mail is half set up; still missing: alert_email_to',
  'Mail that is half set up is a problem'
);
select vault.create_secret(' "Doe, Jane" <jane@x.example>, b@x.example,', 'alert_email_to') as to_id \gset
select pg_temp.answers(422, '{"name": "validation_error", "message": "jane@x.example re_pgtap_key_5f3a"}');
select matches(
  jobs.send_last_resort('email', now() + interval '1 minute') ->> 0,
  '^the last resort could not send to email: Resend answered 422: ((?!5f3a).)*$',
  'An answer that repeats the key is stored without it'
);
select results_eq(
  'select url, body, bearer from pg_temp.calls',
  $$
    values (
      'https://api.resend.com/emails',
      jsonb_build_object(
        'from', 'Duewatch <alerts@x.example>',
        'to', array['"Doe, Jane" <jane@x.example>', 'b@x.example'],
        'subject', '[Duewatch] ALERT',
        'text', 'The job <!channel> & "co" broke.'
      ),
      're_pgtap_key_5f3a'
    )
  $$,
  'Resend gets the mail; a comma in quotes separates nothing'
);
select jobs.send_last_resort('email', now() + interval '3 minutes');
select is(
  (select count(distinct idempotency_key) from pg_temp.calls),
  1::bigint,
  'The same mail has the same idempotency key'
);
select vault.update_secret(:'to_id', 'jane@x.example');
select pg_temp.answers(200, '{}');
select matches(
  jobs.send_last_resort('email', now() + interval '7 minutes') ->> 0,
  'Resend answered 200: \{\}',
  'An answer without an id is no mail'
);
select is(
  (select count(distinct idempotency_key) from pg_temp.calls),
  2::bigint,
  'A mail that was corrected has another key'
);
select ok(max(length(idempotency_key)) <= 256, 'Resend takes keys of that length')
from pg_temp.calls;
select pg_temp.answers(200, '{"id": "4ef2"}');
select is(jobs.send_last_resort('email', now() + interval '20 minutes'), '[]', 'An id is one');
select ok(pg_temp.is_sent('email'), 'It counts as sent');

-- A test

select pg_temp.answers(200, 'ok');
delete from pg_temp.calls where true;
select is(problem, 'the last resort could not send to email: Resend answered 200: ok', 'A test says what did not arrive')
from jsonb_array_elements_text(jobs.test_last_resort()) as problem;
select is((select count(*) from pg_temp.calls), 2::bigint, 'It is sent on each channel');
select matches(
  (select body ->> 'text' from pg_temp.calls limit 1),
  'This is a test of \d{4}-\d\d-\d\d \d\d:\d\d UTC\. .* Nothing is wrong',
  'It says that nothing is wrong'
);
select is(
  jsonb_path_query_array(jobs.send_last_resort_tests(), '$[*].status'),
  '["sent", "failed"]',
  'Each channel has a result'
);

delete from vault.secrets where name = 'slack_webhook_url';
select is(
  jobs.send_last_resort_tests() -> 0,
  '{"channel": "slack", "status": "not_configured", "problem": null}',
  'A channel without settings is not configured'
);

delete from pg_temp.calls where true;
update jobs.last_resort set failing_since = now(), sent_at = null, message = null where channel = 'email';
select is(jobs.send_last_resort_tests() #>> '{1,status}', 'not_tried', 'While it is at work, no test is sent');
select is_empty('select * from pg_temp.calls', 'Nothing was sent');
update jobs.last_resort set failing_since = null where channel = 'email';

-- Vault that cannot be read

select pg_temp.write();
create or replace function jobs.optional_setting(name text)
returns text
language plpgsql
as $$
begin
  raise exception 'permission denied for function _crypto_aead_det_decrypt'
    using errcode = 'insufficient_privilege';
end
$$;
select lives_ok($$select jobs.send_last_resort('slack')$$, 'A Vault that cannot be read is no error');
select is_empty(
  $$select * from pg_temp.calls where body ->> 'text' like '%broke%'$$,
  'Then nothing is said'
);

select * from finish();
rollback;
