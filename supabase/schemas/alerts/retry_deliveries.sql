create function jobs.retry_deliveries(
  channel text,
  as_of timestamptz default now()
)
returns int
language sql
set search_path = ''
as $function$
  with retried as (
    update jobs.alert_deliveries as delivery
    set
      status = 'pending',
      queued_at = retry_deliveries.as_of,
      first_attempt_at = null,
      next_attempt_at = retry_deliveries.as_of,
      finished_at = null
    from jobs.alerts as alert
    where alert.id = delivery.alert_id
      and delivery.channel = retry_deliveries.channel
      and delivery.status = 'given_up'
      and alert.raised_at > retry_deliveries.as_of - interval '24 hours'
    returning delivery.alert_id
  ),
  woken as (
    select pg_notify('job_alert', retried.alert_id::text)
    from retried
  )
  select count(*)::int
  from woken;
$function$;

revoke all on function jobs.retry_deliveries(text, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.retry_deliveries(text, timestamptz) is
  'Queues the deliveries that a channel gave up again, once its webhook or key is fixed: alerts of the last 24 hours. '
  'Idempotent. Returns how many deliveries are pending again.';
