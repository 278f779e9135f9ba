create function jobs.setting(name text)
returns text
language plpgsql
stable
security definer
set search_path = ''
as $function$
declare
  found_value text;
begin
  -- Dynamic, because a self-hosted database may have no Vault.
  if to_regclass('vault.decrypted_secrets') is not null then
    execute 'select secret.decrypted_secret from vault.decrypted_secrets as secret where secret.name = $1'
    into found_value
    using setting.name;
  end if;

  found_value := coalesce(
    nullif(btrim(found_value, E' \t\r\n'), ''),
    nullif(btrim(current_setting('app.' || setting.name, true), E' \t\r\n'), '')
  );

  if found_value is null then
    raise exception 'the setting % is missing', setting.name
      using
        errcode = 'undefined_object',
        hint = format(
          'Add it to Vault: select vault.create_secret(''<value>'', %L);',
          setting.name
        );
  end if;

  if found_value ~ '[[:cntrl:]]' then
    raise exception 'the setting % contains a line break or another control character', setting.name
      using
        errcode = 'invalid_parameter_value',
        hint = 'It is sent in an HTTP header. Store it again without the character.';
  end if;

  return found_value;
end
$function$;

revoke all on function jobs.setting(text)
  from public, anon, authenticated, service_role;

comment on function jobs.setting(text) is
  'A setting by name (functions_url, jobs_api_key): from Supabase Vault, else from the database setting app.<name>. '
  'Surrounding white space is dropped. Raises undefined_object (42704) when it is missing or blank, and '
  'invalid_parameter_value (22023) when it holds a control character. The value is never in the error.';
