create function jobs.alert_backlog(as_of timestamptz default now())
returns setof jsonb
language sql
stable
set search_path = ''
as $function$
  select jsonb_build_object(
    'channel', channel.value ->> 'name',
    'pending', (channel.value ->> 'pending')::bigint,
    'oldest_pending_seconds', coalesce(
      round(extract(epoch from alert_backlog.as_of - (channel.value ->> 'oldest_pending_at')::timestamptz)),
      0
    ),
    'given_up_24h', (channel.value ->> 'given_up_24h')::bigint
  )
  from jsonb_array_elements(jobs.channel_health_report(alert_backlog.as_of)) as channel;
$function$;

revoke all on function jobs.alert_backlog(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.alert_backlog(timestamptz) is
  'The deliveries that wait on each channel, and those given up in the last 24 hours. Returns objects.';
