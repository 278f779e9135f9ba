create function jobs.iso_week(as_of timestamptz default now())
returns text
language sql
stable
set search_path = ''
as $function$
  select to_char(iso_week.as_of at time zone 'UTC', 'IYYY-"W"IW');
$function$;

revoke all on function jobs.iso_week(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.iso_week(timestamptz) is
  'The ISO week of an instant (default now()) in UTC, as 2026-W48. A week begins on Monday; week 1 of a year has its first '
  'Thursday.';
