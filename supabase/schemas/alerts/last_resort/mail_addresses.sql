create function jobs.mail_addresses(list text)
returns text[]
language sql
immutable
set search_path = ''
as $function$
  select coalesce(
    array_agg(regexp_replace(btrim(found.address[1]), '^<([^<>]+)>$', '\1') order by found.position),
    '{}'
  )
  from regexp_matches(
    -- A comment, as in Office (day, night) <office@x.example>, is no part of it.
    regexp_replace(mail_addresses.list, '("(?:[^"\\]|\\.)*")|\s*\([^()]*\)', '\1', 'g'),
    '(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<])+',
    'g'
  )
    with ordinality as found (address, position)
  where btrim(found.address[1]) <> '';
$function$;

revoke all on function jobs.mail_addresses(text)
  from public, anon, authenticated, service_role;

comment on function jobs.mail_addresses(text) is
  'Splits a list of mail addresses at its commas, except those inside quotes, angle brackets and '
  'comments, which are left out: '
  '"Doe, Jane" <jane@x.example>, b@x.example are two.';
