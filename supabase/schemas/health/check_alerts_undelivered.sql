create function jobs.check_alerts_undelivered(as_of timestamptz default now())
returns setof jobs.health_reason
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    select
      'alerts_undelivered',
      'critical',
      concat_ws(
        ' ',
        format(
          '%s waiting for %s, the oldest for %s.',
          case when count(*) = 1 then '1 alert is' else count(*) || ' alerts are' end,
          delivery.channel,
          jobs.duration_text(check_alerts_undelivered.as_of - min(delivery.queued_at))
        ),
        case max(delivery.attempts)
          when 0 then 'Sending was not tried.'
          when 1 then 'Tried once.'
          else format('Tried up to %s times.', max(delivery.attempts))
        end,
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
    having min(delivery.queued_at)
      < check_alerts_undelivered.as_of - (jobs.health_thresholds()).undelivered_after

    union all

    select
      'alerts_undelivered',
      -- Each has reached people on another channel, or one of them has not at all.
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
      and delivery.finished_at > check_alerts_undelivered.as_of - interval '24 hours'
      and delivery.channel in (
        select channel.name
        from jobs.alert_channels as channel
      )
      -- A refused test says that the channel does not work, until it works.
      and not exists (
        select 1
        from jobs.alerts as test
        join jobs.alert_deliveries as later
          on later.channel = delivery.channel
        where test.id = delivery.alert_id
          and test.kind = 'test'
          and later.status = 'sent'
          and later.finished_at > delivery.finished_at
      )
    group by delivery.channel;
end
$function$;

revoke all on function jobs.check_alerts_undelivered(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.check_alerts_undelivered(timestamptz) is
  'Alerts have waited for a channel longer than undelivered_after, or were given up for it in the last 24 hours. A '
  'test that was given up counts until the channel has sent something. A row for each channel.';
