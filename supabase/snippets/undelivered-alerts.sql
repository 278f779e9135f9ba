-- Which alerts have not reached people, and why?
--
-- Answer:  one row per alert and channel that waits, or was given up in the last
--          24 hours, the oldest first; without any channel, one row per alert of
--          the last 24 hours, channel null. No row: everything has been sent.
--          delivered_elsewhere: another channel has sent it.
-- Columns: channel, status, kind, job_name, waiting_since, waiting_for,
--          given_up_at, delivered_elsewhere, attempts, next_attempt_at,
--          last_error, alert_id
-- To do:   last_error is the error of the service. given_up: fix the channel, then
--          select jobs.retry_deliveries('<channel>');
--          docs/runbooks/alerts-undelivered.md.

select
  delivery.channel,
  coalesce(delivery.status, 'pending') as status,
  alert.kind,
  alert.job_name,
  case
    when delivery.status = 'given_up' then null
    else coalesce(delivery.queued_at, alert.raised_at)
  end as waiting_since,
  case
    when delivery.status = 'given_up' then null
    else now() - coalesce(delivery.queued_at, alert.raised_at)
  end as waiting_for,
  case when delivery.status = 'given_up' then delivery.finished_at end as given_up_at,
  exists (
    select 1
    from jobs.alert_deliveries as other
    where other.alert_id = alert.id
      and other.status = 'sent'
  ) as delivered_elsewhere,
  delivery.attempts,
  case when delivery.status = 'pending' then delivery.next_attempt_at end as next_attempt_at,
  delivery.last_error,
  alert.id as alert_id
from jobs.alerts as alert
left join jobs.alert_deliveries as delivery
  on delivery.alert_id = alert.id
where delivery.status = 'pending'
  or (
    delivery.status = 'given_up'
    and delivery.finished_at > now() - interval '24 hours'
  )
  or (
    delivery.alert_id is null
    and alert.raised_at > now() - interval '24 hours'
    and not exists (
      select 1
      from jobs.alert_channels
    )
  )
order by
  alert.sequence,
  delivery.channel;
