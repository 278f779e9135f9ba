create function jobs.city_of(timezone text)
returns text
language sql
immutable
set search_path = ''
return case
  -- The signs of these names are turned round: Etc/GMT-5 is five hours ahead of UTC.
  when city_of.timezone ~ '(^|/)Etc/GMT[+-][1-9]' then translate(
    regexp_replace(city_of.timezone, '^.*GMT', 'UTC'),
    '+-',
    '-+'
  )
  when city_of.timezone ~ '(^|/)(US|Canada|Brazil|Chile|Mexico)/' then substring(city_of.timezone from '[^/]+/[^/]+$')
  else replace(substring(city_of.timezone from '[^/]+$'), '_', ' ')
end;

revoke all on function jobs.city_of(text)
  from public, anon, authenticated, service_role;

comment on function jobs.city_of(text) is
  'What people call the place of a time zone: Brisbane for Australia/Brisbane, UTC for UTC, UTC+5 '
  'for Etc/GMT-5. Names such as US/Eastern are no places, and stay as they are.';
