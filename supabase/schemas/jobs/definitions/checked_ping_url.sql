create function jobs.checked_ping_url(url text)
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
  is_public_name boolean;
begin
  if checked_ping_url.url is null then
    return null;
  end if;

  -- Only what every parser reads in the same way, as jobs.checked_functions_url().
  select lower(part[1]), lower(part[2]), part[4]
  into scheme, host, port
  from regexp_match(
    checked_ping_url.url,
    '^([Hh][Tt][Tt][Pp][Ss]?)://([A-Za-z0-9._-]+|\[::1\])(:([0-9]{1,5}))?(/[A-Za-z0-9._~%/?&=:@!$''()*+,;-]*)?$'
  ) as part;

  is_loopback := host in ('localhost', '[::1]')
    or host ~ format('^127(\.%s){3}$', octet);
  is_public_name := host ~ format('^(%s\.)+[a-z]([a-z0-9-]*[a-z0-9])?\.?$', label)
    and host !~ '\.(internal|local|localhost)\.?$';

  if scheme is null
    or port::int not between 1 and 65535
    or length(checked_ping_url.url) > 1000
    or not (is_loopback or is_public_name) then
    raise exception 'ping_url is not the plain address of a public host'
      using
        errcode = 'invalid_parameter_value',
        hint = 'It is of the form https://hc-ping.com/<id>, with a name and not a number as host, and without a user '
          'name or a fragment.';
  end if;

  if scheme = 'http' and not is_loopback then
    raise exception 'ping_url must begin with https://'
      using
        errcode = 'invalid_parameter_value',
        hint = 'Anyone who can read the address can send the ping. http:// is for a host of this machine only.';
  end if;

  return checked_ping_url.url;
end
$function$;

revoke all on function jobs.checked_ping_url(text)
  from public, anon, authenticated, service_role;

comment on function jobs.checked_ping_url(text) is
  'Returns the address when a ping may be sent to it: https to a public name, or http to loopback. It is parsed: a scheme, '
  'a host, at most a port, a path and a query. A host that is a number or a private name is refused. Null for null. Raises '
  '22023 otherwise, without the address, which may be a secret.';
