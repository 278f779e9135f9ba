create function jobs.optional_setting(name text)
returns text
language plpgsql
stable
set search_path = ''
as $function$
begin
  return jobs.setting(optional_setting.name);
exception
  when undefined_object then
    return null;
end
$function$;

revoke all on function jobs.optional_setting(text)
  from public, anon, authenticated, service_role;

comment on function jobs.optional_setting(text) is
  'A setting as jobs.setting() returns it, or null when it is missing. Raises 22023 when it cannot be used.';
