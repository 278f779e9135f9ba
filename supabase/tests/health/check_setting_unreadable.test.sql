begin;
\ir ../arrange.psql
\ir ../arrange_alerts.psql
\ir ../arrange_dispatch.psql
\ir arrange_system_checks.psql
select no_plan();

-- It carries nothing that is raised here, so that nothing waits for it.
select pg_temp.claim(channels => '[{"name": "slack", "kinds": ["heartbeat"]}]');

select set_config('app.functions_url', '', true);
select set_config('app.jobs_api_key', '', true);
-- The last resort does without Vault here.
select set_config('app.slack_webhook_url', 'https://hooks.slack.com/services/pgtap', true);
select is(pg_temp.findings(), '{}', 'With a Vault that can be read all is well');

select pg_get_functiondef('jobs.setting(text)'::regprocedure) as setting_function \gset
\ir ../arrange_unreadable_vault.psql
select is(
  pg_temp.findings(),
  array[
    'critical setting_unreadable: No job can start: Vault cannot be read, so the setting functions_url is not known '
      '(22000 pgsodium_crypto_aead_det_decrypt_by_id: invalid ciphertext).',
    'critical setting_unreadable: No job can start: Vault cannot be read, so the setting jobs_api_key is not known '
      '(22000 pgsodium_crypto_aead_det_decrypt_by_id: invalid ciphertext).'
  ],
  'A Vault with another root key is reported, and no error'
);
update pg_temp.vault_error set state = '42501' where true;
select matches((pg_temp.findings())[1], '\(42501 ', 'So is one without the right to decrypt');
update pg_temp.vault_error set state = '42883' where true;
select matches((pg_temp.findings())[1], '\(42883 ', 'So is one whose function is gone');

select jobs.supervise();
select is(
  jsonb_path_query_array((pg_temp.last_alert('duewatch')).details, '$.reasons[*].code'),
  '["setting_unreadable", "setting_unreadable"]',
  'The supervisor reports it: the hourly check cannot be called without a key'
);

select pg_temp.register('pgtap-job');
select jobs.dispatch('pgtap-job') as run_id \gset
select is(
  (
    select format('%s: %s', run.status, run.error_message)
    from public.jobs_log as run
    where run.id = :'run_id'
  ),
  'failed: The function could not be called: Vault cannot be read, so the setting jobs_api_key is not known (42883 '
    'pgsodium_crypto_aead_det_decrypt_by_id: invalid ciphertext). Its root key has changed, or this role may not use it. Store the setting again.',
  'A run that cannot be started is logged as failed, and says why'
);
select jobs.unregister('pgtap-job');

select set_config('app.functions_url', 'https://project.supabase.co/functions/v1', true);
select set_config('app.jobs_api_key', 'pgtap-key-5f3a-9c1e', true);
select is(pg_temp.findings(), '{}', 'Where the settings of the database are there, they will do');
select set_config('app.functions_url', '', true);
select set_config('app.jobs_api_key', '', true);

select :'setting_function' as statement \gexec
select is(pg_temp.findings(), '{}', 'When it can be read again all is well');

select * from finish();
rollback;
