create function jobs.amount_as_text(amount numeric)
returns text
language sql
immutable
set search_path = ''
as $function$
  select round(amount_as_text.amount, greatest(2, min_scale(amount_as_text.amount)))::text;
$function$;

revoke all on function jobs.amount_as_text(numeric)
  from public, anon, authenticated, service_role;

comment on function jobs.amount_as_text(numeric) is
  'An amount as text for JSON, because many readers treat JSON numbers as floating point. Two decimals, or as many as the '
  'amount has.';
