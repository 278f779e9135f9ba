create function jobs.add_missing_deliveries(
  channels text[],
  raised_after timestamptz
)
returns void
language sql
set search_path = ''
as $function$
  insert into jobs.alert_deliveries (alert_id, channel, job_name, sequence, queued_at, next_attempt_at)
  select
    alert.id,
    channel.name,
    alert.job_name,
    alert.sequence,
    greatest(alert.raised_at, now()),
    now()
  from jobs.alerts as alert
  join jobs.alert_channels as channel
    on channel.name = any (add_missing_deliveries.channels)
    and jobs.carries_alert(channel, alert.kind)
  where alert.raised_at > add_missing_deliveries.raised_after
  on conflict on constraint alert_deliveries_pkey do nothing;
$function$;

revoke all on function jobs.add_missing_deliveries(text[], timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.add_missing_deliveries(text[], timestamptz) is
  'Queues the alerts raised after the given instant for these channels where that has not happened yet: for a channel '
  'that is new, or was announced while an alert was being raised. Idempotent.';
