-- Which alerts have not reached people, and why?
--
-- Answer:  one row per alert and channel that waits, or was given up in the last
--          24 hours, the oldest first. No row: everything has been sent.
-- Columns: channel, status, kind, job_name, waiting_for, attempts,
--          next_attempt_at, last_error, alert_id
-- To do:   last_error is the error of the service. given_up: fix the channel, then
--          select jobs.retry_deliveries('<channel>');
--          docs/runbooks/alerts-undelivered.md.

select
  delivery.channel,
  delivery.status,
  alert.kind,
  alert.job_name,
  case when delivery.status = 'pending' then now() - delivery.queued_at end as waiting_for,
  delivery.attempts,
  case when delivery.status = 'pending' then delivery.next_attempt_at end as next_attempt_at,
  delivery.last_error,
  alert.id as alert_id
from jobs.alert_deliveries as delivery
join jobs.alerts as alert
  on alert.id = delivery.alert_id
where delivery.status = 'pending'
  or (
    delivery.status = 'given_up'
    and delivery.finished_at > now() - interval '24 hours'
  )
order by
  delivery.sequence,
  delivery.channel;
