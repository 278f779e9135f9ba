create function jobs.undelivered_alerts(
  as_of timestamptz default now(),
  out alert_id uuid,
  out sequence bigint,
  out kind text,
  out job_name text,
  out details jsonb,
  out waiting_since timestamptz,
  out last_error text
)
returns setof record
language sql
stable
set search_path = ''
as $function$
  select
    alert.id,
    alert.sequence,
    alert.kind,
    alert.job_name,
    alert.details,
    undelivered.since,
    undelivered.last_error
  from (
    select
      delivery.alert_id,
      min(delivery.queued_at) as since,
      max(delivery.last_error) as last_error
    from jobs.alert_deliveries as delivery
    where delivery.status = 'pending'
      and delivery.queued_at <= undelivered_alerts.as_of - interval '90 seconds'
    group by delivery.alert_id

    union all

    -- Given up for good. A later alert that was sent shows that the channel
    -- works again, and a channel that was retired is no failure.
    select
      delivery.alert_id,
      min(delivery.queued_at),
      max(delivery.last_error)
    from jobs.alert_channels as channel
    join jobs.alert_deliveries as delivery
      on delivery.channel = channel.name
    where delivery.status = 'given_up'
      and delivery.finished_at > undelivered_alerts.as_of - interval '24 hours'
      and delivery.queued_at <= undelivered_alerts.as_of - interval '90 seconds'
      and not exists (
        select 1
        from jobs.alert_deliveries as later
        where later.channel = delivery.channel
          and later.status = 'sent'
          and later.finished_at > delivery.finished_at
      )
      and not exists (
        select 1
        from jobs.alert_deliveries as other
        where other.alert_id = delivery.alert_id
          and other.status = 'pending'
      )
    group by delivery.alert_id

    union all

    -- A channel that is announced gets the alerts of 24 hours.
    select
      unaddressed.id,
      unaddressed.raised_at,
      null
    from jobs.alerts as unaddressed
    where unaddressed.kind <> 'test'
      and unaddressed.raised_at > undelivered_alerts.as_of - interval '24 hours'
      and unaddressed.raised_at <= undelivered_alerts.as_of - interval '90 seconds'
      and not exists (
        select 1
        from jobs.alert_channels
      )
      and not exists (
        select 1
        from jobs.alert_deliveries as delivery
        where delivery.alert_id = unaddressed.id
          and delivery.status = 'pending'
      )
  ) as undelivered
  join jobs.alerts as alert
    on alert.id = undelivered.alert_id
  where not exists (
    select 1
    from jobs.alert_deliveries as delivered
    where delivered.alert_id = undelivered.alert_id
      and delivered.status = 'sent'
  );
$function$;

revoke all on function jobs.undelivered_alerts(timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.undelivered_alerts(timestamptz) is
  'The alerts that have reached nobody for 90 seconds: sent on no channel, and waiting, given up in the last 24 hours, or '
  'without any channel to go to. A few index probes when there is none.';
