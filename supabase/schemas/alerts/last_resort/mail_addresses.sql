create function jobs.mail_addresses(list text)
returns text[]
language sql
immutable
set search_path = ''
as $function$
  select coalesce(array_agg(btrim(found.address[1]) order by found.position), '{}')
  from regexp_matches(mail_addresses.list, '(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<])+', 'g')
    with ordinality as found (address, position)
  where btrim(found.address[1]) <> '';
$function$;

revoke all on function jobs.mail_addresses(text)
  from public, anon, authenticated, service_role;

comment on function jobs.mail_addresses(text) is
  'Splits a list of mail addresses at its commas, except those inside quotes and angle brackets: '
  '"Doe, Jane" <jane@x.example>, b@x.example are two.';
