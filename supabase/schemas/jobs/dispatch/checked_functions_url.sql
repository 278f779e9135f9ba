create function jobs.checked_functions_url(url text)
returns text
language plpgsql
immutable
set search_path = ''
as $function$
declare
  scheme text;
  host text;
  port text;
  octet constant text := '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
  label constant text := '[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?';
  is_loopback boolean;
  is_container boolean;
  is_public_name boolean;
begin
  -- Only what every parser reads in the same way: libcurl, too, sees another
  -- host behind #, ?, @, a backslash, a full-width dot or a number.
  select lower(part[1]), lower(part[2]), part[4]
  into scheme, host, port
  from regexp_match(
    checked_functions_url.url,
    '^([Hh][Tt][Tt][Pp][Ss]?)://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(:([0-9]{1,5}))?(/[A-Za-z0-9._~%/-]*)?$'
  ) as part;

  is_loopback := host in ('localhost', '[::1]')
    or host ~ format('^127(\.%s){3}$', octet);
  is_container := host ~ '^[a-z]([a-z0-9_-]*[a-z0-9_])?$'
    or host ~ format('^(%s\.)+internal$', label);
  is_public_name := host ~ format('^(%s\.)+[a-z]([a-z0-9-]*[a-z0-9])?\.?$', label)
    or host ~ format('^%s(\.%s){3}$', octet, octet)
    or host like '[%';

  if scheme is null
    or port::int not between 1 and 65535
    or not (is_loopback or is_container or is_public_name) then
    raise exception 'functions_url is not a plain address'
      using
        errcode = 'invalid_parameter_value',
        hint = 'It is of the form https://<project-ref>.supabase.co/functions/v1, '
          'without a user name, a query or a fragment.';
  end if;

  if scheme = 'http' and not (is_loopback or is_container) then
    raise exception 'functions_url is %, and the key would travel in clear', checked_functions_url.url
      using
        errcode = 'invalid_parameter_value',
        hint = 'It has to begin with https://, or with http:// and a host of this machine or its container network.';
  end if;

  return checked_functions_url.url;
end
$function$;

revoke all on function jobs.checked_functions_url(text)
  from public, anon, authenticated, service_role;

comment on function jobs.checked_functions_url(text) is
  'Returns the address when a key may be sent to it: https, or http to loopback, to a name without a dot, or to *.internal. '
  'The address is parsed: it has a scheme, a host, at most a port and a path, and nothing else. A host that is a number in '
  'any other form than 127.0.0.1 is refused. Raises 22023 otherwise.';
