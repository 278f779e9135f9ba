-- Stable, although set_config() is volatile: the setting ends with the caller, so
-- the caller depends on its arguments alone.
create function jobs.use_timezone(name text)
returns text
language sql
stable
set search_path = ''
as $function$
  select set_config('timezone', use_timezone.name, true);
$function$;

revoke all on function jobs.use_timezone(text)
  from public, anon, authenticated, service_role;

comment on function jobs.use_timezone(text) is
  'Sets the time zone of the function that calls it, which has to have a SET clause for timezone: the setting ends with '
  'that function. Raises 22023 for a name that the server does not know.';
