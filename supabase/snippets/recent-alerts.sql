-- Which alerts were raised lately, and did they arrive?
--
-- Answer:  the last 50 alerts of all jobs, newest first, one row per channel.
--          channel is null when no channel carries the kind, or none is known.
--          A raised alert has reached people when delivered_at says so; until
--          then it is waiting_since, or was given_up_at.
-- Columns: raised_at, kind, job_name, reminder, channel, status, delivered_at,
--          waiting_since, given_up_at, attempts, seconds_to_send, last_error,
--          run_id, alert_id
-- To do:   status given_up, or pending for more than a minute:
--          docs/runbooks/alerts-undelivered.md.

select
  alert.raised_at,
  alert.kind,
  alert.job_name,
  alert.reminder,
  delivery.channel,
  delivery.status,
  case when delivery.status = 'sent' then delivery.finished_at end as delivered_at,
  case
    when delivery.status = 'pending' then delivery.queued_at
    when not exists (select 1 from jobs.alert_channels) then alert.raised_at
  end as waiting_since,
  case when delivery.status = 'given_up' then delivery.finished_at end as given_up_at,
  delivery.attempts,
  case
    when delivery.status = 'sent' then
      round(extract(epoch from delivery.finished_at - alert.raised_at), 1)
  end as seconds_to_send,
  delivery.last_error,
  alert.run_id,
  alert.id as alert_id
from (
  select newest.*
  from jobs.alerts as newest
  order by newest.sequence desc
  limit 50
) as alert
left join jobs.alert_deliveries as delivery
  on delivery.alert_id = alert.id
order by
  alert.sequence desc,
  delivery.channel;
