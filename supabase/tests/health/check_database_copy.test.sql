begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');
delete from vault.secrets where name in ('functions_url', 'jobs_api_key', 'slack_webhook_url');
select set_config('app.functions_url', 'https://production.example/functions/v1', true);
select set_config('app.jobs_api_key', 'pgtap-key-5f3a-9c1e', true);
select set_config('app.slack_webhook_url', 'https://hooks.slack.com/services/pgtap', true);
select is(pg_temp.findings(), '{}', 'With functions of its own all is well');

insert into jobs.refused_address (functions_url, refused_since, refused_at)
values ('https://production.example/functions/v1', '2001-03-10 12:00:00+00', clock_timestamp());
select is(
  pg_temp.findings(),
  array[
    'critical database_copy: This database is a copy. The functions at https://production.example/functions/v1 belong to '
      'another database, and have refused it since 2001-03-10 12:00 UTC. It starts no run and sends no alert.'
  ],
  'Functions that belong to another database are reported, with their address and since when'
);

update jobs.refused_address set refused_at = clock_timestamp() - interval '16 minutes' where true;
select is(pg_temp.findings(), '{}', 'What they said 15 minutes ago counts no longer: they may be down, and this no copy');

update jobs.refused_address set refused_at = clock_timestamp() where true;
select set_config('app.functions_url', 'https://staging.example/functions/v1', true);
select is(pg_temp.findings(), '{}', 'With another address all is well');

select * from finish();
rollback;
