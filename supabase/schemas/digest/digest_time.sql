create function jobs.digest_time(
  as_of timestamptz,
  timezone text,
  out week text,
  out begins_at timestamp,
  out has_begun boolean
)
language sql
stable
set search_path = ''
as $function$
  select
    to_char(clock.local_time, 'IYYY-"W"IW'),
    date_trunc('week', clock.local_time) + interval '8 hours',
    clock.local_time >= date_trunc('week', clock.local_time) + interval '8 hours'
  from (
    select coalesce(
      jobs.local_time(digest_time.as_of, digest_time.timezone),
      digest_time.as_of at time zone 'UTC'
    ) as local_time
  ) as clock;
$function$;

revoke all on function jobs.digest_time(timestamptz, text)
  from public, anon, authenticated, service_role;

comment on function jobs.digest_time(timestamptz, text) is
  'The week of the digest in a time zone at an instant: week, the local ISO week, as 2026-W48, from Monday to Sunday; '
  'begins_at, 08:00 on its Monday, local time; has_begun, whether it is as late as that, so that a mail may be sent. '
  'In UTC for a zone that the server does not know.';
