begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

-- It carries nothing that is raised here, so that nothing waits for it.
select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');
select is(pg_temp.findings(), '{}', 'With a webhook in Vault the last resort is set up');

delete from vault.secrets
where name = 'slack_webhook_url';
select is(
  pg_temp.findings(),
  array['warning no_last_resort: No last resort is set up. A failure to deliver alerts will not reach anyone.'],
  'Without settings it is not'
);

select vault.create_secret('on-call@x.example', 'alert_email_to');
select is(
  pg_temp.findings(),
  array[
    'warning no_last_resort: The last resort cannot send to email: mail is half set up; still missing: '
      'resend_api_key, alert_email_from.'
  ],
  'Mail that is half set up is named'
);
select vault.create_secret('re_pgtap_key_5f3a', 'resend_api_key');
select vault.create_secret('alerts@x.example', 'alert_email_from');
select is(pg_temp.findings(), '{}', 'Mail alone will do');

update jobs.last_resort
set last_error = 'Resend answered 403: invalid_api_key'
where channel = 'email';
select is(
  pg_temp.findings(),
  array['warning no_last_resort: The last resort cannot send to email: Resend answered 403: invalid_api_key.'],
  'What it could not send the last time is known'
);
update jobs.last_resort
set last_error = null
where channel = 'email';
select is(pg_temp.findings(), '{}', 'When it was sent, all is well');

create or replace function jobs.optional_setting(name text)
returns text
language plpgsql
as $$
begin
  raise exception 'permission denied for function _crypto_aead_det_decrypt'
    using errcode = 'insufficient_privilege';
end
$$;
select is(
  cardinality(pg_temp.findings()),
  2,
  'A Vault that cannot be read is a finding for each channel, and no error'
);

select * from finish();
rollback;
