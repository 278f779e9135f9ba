create function jobs.checked_service_url(
  name text,
  url text
)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
begin
  if checked_service_url.url ~* '^https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[!-~]*)?$'
    or checked_service_url.url ~* '^http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?(/[!-~]*)?$' then
    return checked_service_url.url;
  end if;

  raise exception '% is no https address', checked_service_url.name
    using errcode = 'invalid_parameter_value';
end
$function$;

revoke all on function jobs.checked_service_url(text, text)
  from public, anon, authenticated, service_role;

comment on function jobs.checked_service_url(text, text) is
  'Returns the address of a service that gets a credential: https, or http to loopback. Raises 22023 with the setting''s '
  'name otherwise, and never with the address, which may be a secret itself.';
