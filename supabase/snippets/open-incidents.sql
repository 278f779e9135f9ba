-- Which incidents are open, and has the last alert reached people?
--
-- Answer:  one row per open incident, the newest first. next_reminder_at is when
--          the next reminder is sent if it lasts. No row: no reported problem is
--          still open. last_alerted_at is when an alert was raised;
--          alert_status says what became of it (delivered, waiting, given_up,
--          no_channel), since when, and on which channels.
-- Columns: job_name, kind, open_for, opened_at, occurrences, last_seen_at,
--          last_alerted_at, alert_status, alert_status_since, alert_channels,
--          alert_error, next_reminder_at, reminders
-- To do:   docs/runbooks/<kind with dashes>.md. An incident closes by itself when
--          its problem is over. For a job that will not run again:
--          select jobs.close_incidents_silently('<job_name>');

select
  incident.job_name,
  incident.kind,
  now() - incident.opened_at as open_for,
  incident.opened_at,
  incident.occurrences,
  incident.last_seen_at,
  incident.last_alerted_at,
  last_alert.outcome ->> 'status' as alert_status,
  (last_alert.outcome ->> 'since')::timestamptz as alert_status_since,
  last_alert.outcome -> 'channels' as alert_channels,
  last_alert.outcome ->> 'error' as alert_error,
  incident.last_alerted_at + interval '24 hours' as next_reminder_at,
  incident.reminders
from jobs.incidents as incident
left join lateral (
  select jobs.alert_outcome(alert.id) as outcome
  from jobs.alerts as alert
  where alert.incident_id = incident.id
  order by alert.sequence desc
  limit 1
) as last_alert on true
where incident.closed_at is null
order by incident.opened_at desc;
