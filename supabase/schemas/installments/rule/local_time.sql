create function jobs.local_time(
  as_of timestamptz,
  timezone text
)
returns timestamp
language plpgsql
stable
security definer
set search_path = ''
set timezone = 'UTC'
as $function$
begin
  if local_time.timezone is null then
    return null;
  end if;

  -- Not AT TIME ZONE, which reads CET, EET, MET and WET as abbreviations without
  -- summer time. The setting reads names only, and ends with the function.
  perform jobs.use_timezone(local_time.timezone);
  return local_time.as_of::timestamp;
exception
  when invalid_parameter_value then
    return null;
end
$function$;

revoke all on function jobs.local_time(timestamptz, text)
  from public, anon, authenticated, service_role;
grant execute on function jobs.local_time(timestamptz, text)
  to authenticated, service_role;

comment on function jobs.local_time(timestamptz, text) is
  'The local time in a time zone at an instant. Null for null and for a zone that the server does not know, so that one '
  'bad zone does not stop the others. '
  'Security definer, because it calls jobs.use_timezone() for signed-in users too. It reads no table.';
