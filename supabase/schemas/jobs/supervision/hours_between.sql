create function jobs.hours_between(
  earlier timestamptz,
  later timestamptz
)
returns numeric
language sql
immutable
set search_path = ''
as $function$
  select round(extract(epoch from hours_between.later - hours_between.earlier) / 3600, 1);
$function$;

revoke all on function jobs.hours_between(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.hours_between(timestamptz, timestamptz) is
  'Hours between two instants, to one decimal; null when one is unknown.';
