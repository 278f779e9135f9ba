create function jobs.reasons_of_channels(as_of timestamptz default now())
returns setof jobs.health_reason
language sql
stable
set search_path = ''
as $function$
  select
    'no_alert_channel',
    'warning',
    'No channel has been announced, so nobody would hear of a failure.'
  where not exists (
    select 1
    from jobs.alert_channels
  )

  union all

  select
    'no_alert_channel',
    'warning',
    format(
      'No process has offered to send to %s for %s hours; the health check does so every hour when it is configured.',
      channel.name,
      jobs.hours_between(channel.announced_at, reasons_of_channels.as_of)
    )
  from jobs.alert_channels as channel
  where channel.announced_at < reasons_of_channels.as_of - interval '2 hours'

  union all

  select
    'alerts_undelivered',
    'critical',
    concat_ws(
      ' ',
      format(
        '%s for %s, the oldest for %s minutes, in up to %s attempts.',
        case when count(*) = 1 then '1 alert waits' else count(*) || ' alerts wait' end,
        delivery.channel,
        round(extract(epoch from reasons_of_channels.as_of - min(delivery.queued_at)) / 60),
        max(delivery.attempts)
      ),
      case when max(delivery.attempts) = 0 then 'Nobody has tried to send them.' end,
      'The last error: ' || left(
        (
          array_agg(delivery.last_error order by delivery.next_attempt_at desc)
            filter (where delivery.last_error is not null)
        )[1],
        300
      )
    )
  from jobs.alert_deliveries as delivery
  join jobs.alert_channels as channel
    on channel.name = delivery.channel
  where delivery.status = 'pending'
  group by delivery.channel
  having min(delivery.queued_at) < reasons_of_channels.as_of - interval '15 minutes'

  union all

  select
    'alerts_undelivered',
    -- It has reached people on another channel, or not at all.
    case when bool_and(elsewhere.is_sent) then 'warning' else 'critical' end,
    format(
      '%s given up for %s in the last 24 hours. The last error: %s',
      case when count(*) = 1 then '1 alert was' else count(*) || ' alerts were' end,
      delivery.channel,
      left((array_agg(delivery.last_error order by delivery.finished_at desc))[1], 300)
    )
  from jobs.alert_deliveries as delivery
  cross join lateral (
    select exists (
      select 1
      from jobs.alert_deliveries as other
      where other.alert_id = delivery.alert_id
        and other.status = 'sent'
    ) as is_sent
  ) as elsewhere
  where delivery.status = 'given_up'
    and delivery.finished_at > reasons_of_channels.as_of - interval '24 hours'
    and delivery.channel in (
      select channel.name
      from jobs.alert_channels as channel
    )
  group by delivery.channel;
$function$;

revoke all on function jobs.reasons_of_channels(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.reasons_of_channels(timestamptz) is
  'Judges whether alerts reach people: no channel, a channel that nobody offers any more (2 hours), alerts that wait '
  '(15 minutes), alerts that were given up (24 hours). A row for each reason.';
