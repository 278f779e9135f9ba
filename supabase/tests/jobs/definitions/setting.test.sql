begin;
\ir ../../arrange.psql
select no_plan();

-- Missing

select results_eq(
  format('select state, message from pg_temp.error_of(%L)', $$select jobs.setting('pgtap_setting')$$),
  $$values ('42704', 'the setting pgtap_setting is missing')$$,
  'A setting that is not set is missing, and the error names it'
);

select matches(
  (select hint from pg_temp.error_of($$select jobs.setting('pgtap_setting')$$)),
  'vault\.create_secret.*pgtap_setting',
  'The hint says how to add the setting'
);

-- The database setting

select set_config('app.pgtap_setting', 'of the database', true);

select is(
  jobs.setting('pgtap_setting'),
  'of the database',
  'Without a secret in Vault the database setting app.<name> is used'
);

-- Vault

select vault.create_secret('of the Vault', 'pgtap_setting') as secret_id \gset

select is(
  jobs.setting('pgtap_setting'),
  'of the Vault',
  'Vault comes before the database setting'
);

select vault.update_secret(:'secret_id', E'\ufeff\u00a0\t\u000b of the Vault \f\r\n');

select is(
  jobs.setting('pgtap_setting'),
  'of the Vault',
  'White space around a value is trimmed'
);

select vault.update_secret(:'secret_id', '   ');

select is(
  jobs.setting('pgtap_setting'),
  'of the database',
  'A blank secret counts as missing'
);

select set_config('app.pgtap_setting', ' ', true);

select throws_ok(
  $$select jobs.setting('pgtap_setting')$$,
  '42704',
  'the setting pgtap_setting is missing',
  'A setting that is blank in both places is missing'
);

-- Control characters

select vault.update_secret(:'secret_id', E's3cret\r\nX-Injected: yes');

select results_eq(
  format('select state, message from pg_temp.error_of(%L)', $$select jobs.setting('pgtap_setting')$$),
  $$values ('22023', 'the setting pgtap_setting contains a line break or another control character')$$,
  'A value that would inject a header is refused'
);

select unalike(
  (select failure::text from pg_temp.error_of($$select jobs.setting('pgtap_setting')$$) as failure),
  '%s3cret%',
  'The error does not contain the value'
);

create function pg_temp.error_state_with(value text)
returns text
language plpgsql
as $$
begin
  perform vault.update_secret(
    (select id from vault.secrets where name = 'pgtap_setting'),
    error_state_with.value
  );
  return (select state from pg_temp.error_of($s$select jobs.setting('pgtap_setting')$s$));
end
$$;

select is(
  pg_temp.error_state_with('a' || chr(code) || 'b'),
  '22023',
  format('The control character U+%s is refused', lpad(upper(to_hex(code)), 4, '0'))
)
from unnest(array[1, 9, 10, 13, 31, 127]) as code;

select is(
  pg_temp.error_state_with('https://exämple.org/funcţions?x=1&y=2'),
  null,
  'Other characters are not refused'
);

-- Empty, or not to be read

select is(
  (select hint from pg_temp.error_of($$select jobs.setting('pgtap_empty')$$)),
  'Add it to Vault: select vault.create_secret(''<value>'', ''pgtap_empty'');',
  'The hint for a setting that is not there creates it'
);
select vault.create_secret('', 'pgtap_empty');
select is(
  (select hint from pg_temp.error_of($$select jobs.setting('pgtap_empty')$$)),
  'It is empty. Set it: select vault.update_secret(id, ''<value>'') from vault.secrets where name = ''pgtap_empty'';',
  'The hint for an empty one updates it: its name is taken'
);

\ir ../../arrange_unreadable_vault.psql
select results_eq(
  $$select state, message, hint from pg_temp.error_of('select jobs.setting(''pgtap_unreadable'')')$$,
  $$
    values (
      '55000',
      'Vault cannot be read, so the setting pgtap_unreadable is not known (22000 '
        'pgsodium_crypto_aead_det_decrypt_by_id: invalid ciphertext)',
      'Its root key has changed, or this role may not use it. Store the setting again.'
    )
  $$,
  'A Vault that cannot be read is an error of its own'
);
select set_config('app.pgtap_unreadable', 'of the database', true);
select is(
  jobs.setting('pgtap_unreadable'),
  'of the database',
  'The setting of the database still will do'
);

select * from finish();
rollback;
