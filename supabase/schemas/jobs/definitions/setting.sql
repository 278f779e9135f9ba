create function jobs.setting(name text)
returns text
language plpgsql
stable
security definer
set search_path = ''
as $function$
declare
  found_value text;
  is_in_vault boolean := false;
  problem text;
  problem_state text;
begin
  begin
    -- Dynamic, because a self-hosted database may have no Vault.
    if to_regclass('vault.decrypted_secrets') is not null then
      execute 'select secret.decrypted_secret, true from vault.decrypted_secrets as secret where secret.name = $1'
      into found_value, is_in_vault
      using setting.name;
    end if;
  exception
    when others then
      get stacked diagnostics
        problem = message_text,
        problem_state = returned_sqlstate;
  end;

  found_value := coalesce(
    nullif(btrim(found_value, E' \t\r\n\f\u000b\u00a0\ufeff'), ''),
    nullif(btrim(current_setting('app.' || setting.name, true), E' \t\r\n\f\u000b\u00a0\ufeff'), '')
  );

  if found_value is null and problem is not null then
    raise exception 'Vault cannot be read, so the setting % is not known (% %)', setting.name, problem_state, problem
      using
        errcode = 'object_not_in_prerequisite_state',
        hint = 'Its root key has changed, or this role may not use it. Store the setting again.';
  end if;

  if found_value is null then
    raise exception 'the setting % is missing', setting.name
      using
        errcode = 'undefined_object',
        hint = case
          when is_in_vault then
            format(
              'It is empty. Set it: select vault.update_secret(id, ''<value>'') from vault.secrets where name = %L;',
              setting.name
            )
          else format('Add it to Vault: select vault.create_secret(''<value>'', %L);', setting.name)
        end;
  end if;

  if found_value ~ '[[:cntrl:]]' then
    raise exception 'the setting % contains a line break or another control character', setting.name
      using
        errcode = 'invalid_parameter_value',
        hint = 'It is sent in an HTTP header. Store it again without the character.';
  end if;

  if setting.name = 'jobs_api_key' and length(found_value) < 16 then
    raise exception 'the setting jobs_api_key has fewer than 16 characters'
      using
        errcode = 'invalid_parameter_value',
        hint = 'Choose a long random key, and set it as JOBS_API_KEY of the functions too.';
  end if;

  return found_value;
end
$function$;

revoke all on function jobs.setting(text)
  from public, anon, authenticated, service_role;

comment on function jobs.setting(text) is
  'A setting by name (functions_url, jobs_api_key): from Supabase Vault, else from the database setting app.<name>. '
  'Surrounding white space is dropped. Raises undefined_object (42704) when it is missing or blank, '
  'object_not_in_prerequisite_state (55000) when Vault cannot be read and has to be, and invalid_parameter_value (22023) '
  'when it holds a control character, or is a jobs_api_key of fewer than 16 characters. The value is never in the error.';
