-- Which incidents are open, and when was the last alert?
--
-- Answer:  one row per open incident, the newest first. next_reminder_at is when
--          the next reminder is sent if it lasts. No row: no reported problem is
--          still open.
-- Columns: job_name, kind, open_for, opened_at, occurrences, last_seen_at,
--          last_alerted_at, next_reminder_at, reminders
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
  incident.last_alerted_at + interval '24 hours' as next_reminder_at,
  incident.reminders
from jobs.incidents as incident
where incident.closed_at is null
order by incident.opened_at desc;
