create function jobs.elapsed_hours(
  earlier timestamptz,
  later timestamptz
)
returns numeric
language sql
immutable
set search_path = ''
as $function$
  select round(extract(epoch from elapsed_hours.later - elapsed_hours.earlier) / 3600, 1);
$function$;

revoke all on function jobs.elapsed_hours(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.elapsed_hours(timestamptz, timestamptz) is
  'The hours from one instant to a later one, to one decimal; null when either is unknown.';
