begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir arrange_system_checks.psql
select no_plan();

-- It carries no kind that is raised here, so that no alert waits for it.
select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');

select set_config('app.functions_url', '', true);
select set_config('app.jobs_api_key', '', true);
select id as url_id from vault.secrets where name = 'functions_url' \gset
select is(pg_temp.findings(), '{}', 'With both settings the system is ok');

delete from vault.secrets
where name = 'jobs_api_key';
select is(
  pg_temp.findings(),
  array['critical setting_missing: No job can start: the setting jobs_api_key is missing.'],
  'A missing key is critical'
);
select vault.create_secret(E'pgtap-key\r\n5f3a', 'jobs_api_key') as key_id \gset
select is(
  pg_temp.findings(),
  array[
    'critical setting_missing: No job can start: the setting jobs_api_key contains a line break or another control '
      'character.'
  ],
  'A key that would inject a header is critical, and the message does not contain it'
);
select vault.update_secret(:'key_id', ' fifteen-letters ');
select is(
  pg_temp.findings(),
  array[
    'critical setting_missing: No job can start: the setting jobs_api_key has fewer than 16 characters.'
  ],
  'A key of fewer than 16 characters is critical'
);
select vault.update_secret(:'key_id', 'sixteen-letters-');
select is(pg_temp.findings(), '{}', 'A key of 16 characters is long enough');
select vault.update_secret(:'key_id', 'pgtap-key-5f3a-9c1e');
select is(pg_temp.findings(), '{}', 'The reason ends when the key is valid');

select vault.update_secret(:'url_id', 'http://project.supabase.co/functions/v1');
select is(
  pg_temp.findings(),
  array[
    'critical setting_missing: No job can start: functions_url is http://project.supabase.co/functions/v1, and the '
      'key would travel in clear.'
  ],
  'An address without encryption is critical'
);
delete from vault.secrets
where name in ('functions_url', 'jobs_api_key');
select is(
  pg_temp.findings(),
  array[
    'critical setting_missing: No job can start: the setting functions_url is missing.',
    'critical setting_missing: No job can start: the setting jobs_api_key is missing.'
  ],
  'Each setting that is missing is reported'
);
select set_config('app.functions_url', 'https://project.supabase.co/functions/v1', true);
select set_config('app.jobs_api_key', 'pgtap-key-5f3a-9c1e', true);
select is(pg_temp.findings(), '{}', 'Without Vault the database settings are used');

select * from finish();
rollback;
