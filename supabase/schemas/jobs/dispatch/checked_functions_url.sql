create function jobs.checked_functions_url(url text)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
begin
  if checked_functions_url.url ~* '^https://'
    or checked_functions_url.url ~* '^http://(localhost|127\.[0-9.]+|\[::1\]|[^./:]+|[^/:]+\.internal)(:[0-9]+)?(/|$)' then
    return checked_functions_url.url;
  end if;

  raise exception 'functions_url is %, and the key would travel in clear', checked_functions_url.url
    using
      errcode = 'invalid_parameter_value',
      hint = 'It has to begin with https://, or with http:// and a host of this machine or its container network.';
end
$function$;

revoke all on function jobs.checked_functions_url(text)
  from public, anon, authenticated, service_role;

comment on function jobs.checked_functions_url(text) is
  'Returns the address when a key may be sent to it: https, or http to loopback, to a name without a dot, or to *.internal. '
  'Raises 22023 otherwise, also for an address without a scheme, which would be called over http.';
