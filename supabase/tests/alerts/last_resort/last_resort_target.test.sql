begin;
\ir ../../arrange.psql
select no_plan();

delete from vault.secrets
where name in ('slack_webhook_url', 'resend_api_key', 'resend_base_url', 'alert_email_from', 'alert_email_to');

create function pg_temp.given(name text, value text)
returns void
language sql
as $$
  delete from vault.secrets as secret
  where secret.name = given.name;

  select vault.create_secret(given.value, given.name);
$$;

select is(
  to_jsonb(jobs.last_resort_target(channel)),
  '{"url": null, "api_key": null, "mail_from": null, "mail_to": null, "fingerprint": null, "problem": null}',
  format('Without settings there is no %s', channel)
)
from unnest(array['slack', 'email']) as channel;

-- Slack

select pg_temp.given('slack_webhook_url', E' https://hooks.slack.com/services/T0/B0/pgtap-secret\n');
-- fingerprint.test.ts expects the same.
select results_eq(
  $$select url, fingerprint, problem from jobs.last_resort_target('slack')$$,
  $$values ('https://hooks.slack.com/services/T0/B0/pgtap-secret', 'f675ad05', null::text)$$,
  'The webhook is the place, without white space'
);

select pg_temp.given('slack_webhook_url', 'http://hooks.slack.com/services/T0/B0/pgtap-secret');
select results_eq(
  $$select url, fingerprint, problem from jobs.last_resort_target('slack')$$,
  $$values (null::text, null::text, 'slack_webhook_url is no https address')$$,
  'An address that is not encrypted is refused, and not repeated'
);

-- Mail

select pg_temp.given('resend_api_key', 're_pgtap_key_5f3a');
select is(
  (select problem from jobs.last_resort_target('email')),
  null,
  'The key alone may be there for other mails'
);
select pg_temp.given('alert_email_to', '"Doe, Jane" <Jane@x.example>, b@x.example');
select is(
  (select problem from jobs.last_resort_target('email')),
  'mail is half set up; still missing: alert_email_from',
  'What is missing is named'
);
select pg_temp.given('alert_email_from', 'alerts@x.example');
select results_eq(
  $$select url, api_key, mail_from, mail_to, fingerprint from jobs.last_resort_target('email')$$,
  $$
    values (
      'https://api.resend.com/emails',
      're_pgtap_key_5f3a',
      'alerts@x.example',
      array['"Doe, Jane" <Jane@x.example>', 'b@x.example'],
      '544b0ad6'
    )
  $$,
  'With all three the mail goes to Resend'
);
select pg_temp.given('alert_email_to', 'b@x.example,jane@x.example');
select is(
  (select fingerprint from jobs.last_resort_target('email')),
  '544b0ad6',
  'Order, names and capitals do not make another place'
);
select pg_temp.given('resend_base_url', 'http://127.0.0.1:8080/');
select is(
  (select url from jobs.last_resort_target('email')),
  'http://127.0.0.1:8080/emails',
  'Resend may be elsewhere'
);
select pg_temp.given('resend_base_url', 'http://resend.example');
select is(
  (select problem from jobs.last_resort_target('email')),
  'resend_base_url is no https address',
  'But not where the key would travel in clear'
);

select * from finish();
rollback;
