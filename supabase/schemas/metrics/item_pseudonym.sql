create function jobs.item_pseudonym(item_id text)
returns text
language sql
immutable
set search_path = ''
as $function$
  select case
    when item_pseudonym.item_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then item_pseudonym.item_id
    else 'item ' || left(encode(sha256(convert_to(item_pseudonym.item_id, 'UTF8')), 'hex'), 12)
  end;
$function$;

revoke all on function jobs.item_pseudonym(text)
  from public, anon, authenticated, service_role;

comment on function jobs.item_pseudonym(text) is
  'The id of an item for dashboards and read keys. A UUID says nothing by itself; of any other id, which may be a name or '
  'an address, they get the beginning of its SHA-256.';
