create function jobs.city_of(timezone text)
returns text
language sql
immutable
set search_path = ''
return replace(substring(city_of.timezone from '[^/]+$'), '_', ' ');

revoke all on function jobs.city_of(text)
  from public, anon, authenticated, service_role;

comment on function jobs.city_of(text) is
  'What people call the place of a time zone: Brisbane for Australia/Brisbane, UTC for UTC.';
