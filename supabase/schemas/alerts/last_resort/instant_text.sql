create function jobs.instant_text(instant timestamptz)
returns text
language sql
stable
set search_path = ''
as $function$
  select to_char(instant_text.instant at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') || coalesce(
    case
      when zone.timezone is not null then
        format(
          ' (%s in %s)',
          to_char(
            instant_text.instant at time zone zone.timezone,
            case
              when (instant_text.instant at time zone zone.timezone)::date
                = (instant_text.instant at time zone 'UTC')::date then 'HH24:MI'
              else 'YYYY-MM-DD HH24:MI'
            end
          ),
          replace(regexp_replace(zone.timezone, '^.*/', ''), '_', ' ')
        )
    end,
    ''
  )
  from (
    select nullif(setting.timezone, 'UTC')
    from jobs.alert_timezone() as setting
  ) as zone (timezone);
$function$;

revoke all on function jobs.instant_text(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.instant_text(timestamptz) is
  'An instant as a message of the last resort gives it, in UTC and on the reader''s clock (jobs.alert_timezone): '
  '2026-11-22 07:00 UTC (17:00 in Brisbane), with the date where the zone has another.';
