create function jobs.channel_health_report(as_of timestamptz default now())
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'name', channel.name,
        'announced_at', channel.announced_at,
        'paused_until', case when channel.paused_until > channel_health_report.as_of then channel.paused_until end,
        'pending', waiting.deliveries,
        'oldest_pending_at', waiting.oldest_at,
        'given_up_24h', given_up.deliveries,
        'last_error', coalesce(waiting.last_error, given_up.last_error),
        'last_sent_at', last_sent.finished_at
      )
      order by channel.name
    ),
    '[]'
  )
  from jobs.alert_channels as channel
  cross join lateral (
    select
      count(*) as deliveries,
      min(delivery.queued_at) as oldest_at,
      (array_agg(delivery.last_error order by delivery.next_attempt_at desc)
        filter (where delivery.last_error is not null))[1] as last_error
    from jobs.alert_deliveries as delivery
    where delivery.channel = channel.name
      and delivery.status = 'pending'
  ) as waiting
  cross join lateral (
    select
      count(*) as deliveries,
      (array_agg(delivery.last_error order by delivery.finished_at desc))[1] as last_error
    from jobs.alert_deliveries as delivery
    where delivery.channel = channel.name
      and delivery.status = 'given_up'
      and delivery.finished_at > channel_health_report.as_of - interval '24 hours'
  ) as given_up
  left join lateral (
    select delivery.finished_at
    from jobs.alert_deliveries as delivery
    where delivery.channel = channel.name
      and delivery.status = 'sent'
    order by delivery.finished_at desc
    limit 1
  ) as last_sent on true;
$function$;

revoke all on function jobs.channel_health_report(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.channel_health_report(timestamptz) is
  'The health of every announced channel: pending deliveries, given-up ones, the last one sent. Returns an array.';
