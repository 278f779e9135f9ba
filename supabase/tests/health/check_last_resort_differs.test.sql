begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

create function pg_temp.announce(fingerprint text, minute int)
returns void
language sql
as $$
  select jobs.announce_channels(
    channels => jsonb_build_array(
      jsonb_build_object('name', 'slack', 'kinds', jsonb '["heartbeat"]', 'fingerprint', announce.fingerprint)
    ),
    as_of => now() + announce.minute * interval '1 minute'
  );
$$;

select pg_temp.announce(null, 0);
select is(pg_temp.findings(), '{}', 'A process that does not say where it sends is not compared');

select pg_temp.announce('00000000', 1);
select is(
  pg_temp.findings(),
  array[
    'warning last_resort_differs: Alerts and the last resort go to different places on slack: the setting '
      'slack_webhook_url in Vault differs from the secret of the functions.'
  ],
  'A channel that sends elsewhere is named'
);
select pg_temp.announce((jobs.last_resort_target('slack')).fingerprint, 2);
select is(pg_temp.findings(), '{}', 'The same place is well');

delete from vault.secrets
where name = 'slack_webhook_url';
select vault.create_secret('https://hooks.slack.com/services/another', 'slack_webhook_url');
select is(cardinality(pg_temp.findings()), 1, 'So is the setting that was changed');

select * from finish();
rollback;
