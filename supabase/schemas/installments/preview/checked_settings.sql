create function jobs.checked_settings(
  as_of timestamptz,
  timezone text,
  cutoff_time time,
  grace_days int
)
returns timestamptz
language plpgsql
stable
security definer
set search_path = ''
as $function$
begin
  if checked_settings.as_of is null or not isfinite(checked_settings.as_of) then
    raise exception 'as_of has to be an instant'
      using errcode = 'invalid_parameter_value';
  elsif checked_settings.cutoff_time > '23:59:59' then
    raise exception 'cutoff_time must be from 00:00:00 to 23:59:59, not %', checked_settings.cutoff_time
      using errcode = 'invalid_parameter_value';
  elsif checked_settings.grace_days not between 0 and 60 then
    raise exception 'grace_days must be from 0 to 60, not %', checked_settings.grace_days
      using errcode = 'invalid_parameter_value';
  elsif checked_settings.timezone is not null
    and not exists (
      select 1
      from jobs.timezone_names as known
      where known.name = checked_settings.timezone
    )
    -- The zone data of the server may be newer than our list of names.
    and not exists (
      select 1
      from pg_catalog.pg_timezone_names as zone
      where zone.name = checked_settings.timezone
    )
  then
    raise exception '"%" is not the name of a time zone', checked_settings.timezone
      using
        errcode = 'invalid_parameter_value',
        hint = 'Use an IANA name such as Australia/Brisbane.';
  end if;

  return checked_settings.as_of;
end
$function$;

revoke all on function jobs.checked_settings(timestamptz, text, time, int)
  from public, anon, authenticated, service_role;
grant execute on function jobs.checked_settings(timestamptz, text, time, int)
  to authenticated, service_role;

comment on function jobs.checked_settings(timestamptz, text, time, int) is
  'as_of as given. Raises 22023 for an as_of that is no instant, and for settings that an agency cannot have; null is no '
  'setting. Security definer, because no role of the API reads jobs.timezone_names.';
