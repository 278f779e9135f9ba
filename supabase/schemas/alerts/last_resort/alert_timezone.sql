create function jobs.alert_timezone(
  out timezone text,
  out problem text
)
language plpgsql
stable
set search_path = ''
as $function$
declare
  wanted text;
begin
  wanted := jobs.optional_setting('alert_timezone');

  select known.name
  into timezone
  from pg_catalog.pg_timezone_names as known
  where lower(known.name) = lower(wanted);

  if wanted is not null and timezone is null then
    problem := 'the setting alert_timezone is no time zone, such as Australia/Brisbane: times are in UTC only';
  end if;
exception
  -- A message in UTC is better than none.
  when others then
    get stacked diagnostics
      problem = message_text;
end
$function$;

revoke all on function jobs.alert_timezone()
  from public, anon, authenticated, service_role;

comment on function jobs.alert_timezone() is
  'The time zone of those who read the messages of the last resort, by the setting alert_timezone; null without it. '
  'problem says why the setting cannot be used. Raises no error.';
