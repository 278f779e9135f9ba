create function public.get_alert_deliveries(alert_id uuid)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'channel', delivery.channel,
        'status', delivery.status,
        'attempts', delivery.attempts,
        'error', case when delivery.status <> 'sent' then delivery.last_error end,
        'finished_at', delivery.finished_at,
        'paused_until', channel.paused_until
      )
      order by delivery.channel
    ),
    '[]'
  )
  from jobs.alert_deliveries as delivery
  left join jobs.alert_channels as channel
    on channel.name = delivery.channel
    and channel.paused_until > now()
  where delivery.alert_id = get_alert_deliveries.alert_id;
$function$;

revoke all on function public.get_alert_deliveries(uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.get_alert_deliveries(uuid)
  to service_role;

comment on function public.get_alert_deliveries(uuid) is
  'What has become of an alert on each channel: [{channel, status, attempts, error, finished_at, paused_until}], status '
  'being pending, sent or given_up. An empty array for an alert that no channel carries, or that is not known.';
