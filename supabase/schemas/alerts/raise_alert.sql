create function jobs.raise_alert(
  kind text,
  job_name text,
  details jsonb,
  run_id uuid default null,
  incident_id uuid default null,
  reminder int default 0,
  as_of timestamptz default now()
)
returns uuid
language plpgsql
set search_path = ''
as $function$
declare
  alert jobs.alerts;
  job jsonb := jobs.alerted_job(raise_alert.job_name, greatest(raise_alert.as_of, now()));
begin
  if (
    jobs.action_in_force(raise_alert.job_name, 'snooze', greatest(raise_alert.as_of, now()))
  ).id is not null then
    return null;
  end if;

  insert into jobs.alerts (kind, job_name, run_id, incident_id, raised_at, reminder, details)
  values (
    raise_alert.kind,
    raise_alert.job_name,
    raise_alert.run_id,
    raise_alert.incident_id,
    greatest(raise_alert.as_of, now()),
    raise_alert.reminder,
    raise_alert.details || case
      when job is null then jsonb '{}'
      else jsonb_build_object('job', job)
    end
  )
  returning *
  into alert;

  -- Without the lock, a channel that is being announced would miss this alert:
  -- neither transaction would see the other.
  lock table jobs.alert_channels in row share mode;

  insert into jobs.alert_deliveries (alert_id, channel, job_name, sequence, queued_at, next_attempt_at)
  select
    alert.id,
    channel.name,
    alert.job_name,
    alert.sequence,
    alert.raised_at,
    -- Not as_of: on a clock that was moved forward it would wait until then.
    now()
  from jobs.alert_channels as channel
  where jobs.carries_alert(channel, alert.kind);

  perform pg_notify('job_alert', alert.id::text);
  return alert.id;
end
$function$;

revoke all on function jobs.raise_alert(text, text, jsonb, uuid, uuid, int, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_alert(text, text, jsonb, uuid, uuid, int, timestamptz) is
  'Adds an alert to the outbox for every announced channel that carries its kind, and notifies the processes that '
  'deliver (pg_notify on job_alert with the alert''s id). What the message says of a registered job is added to details '
  '(jobs.alerted_job). Raised now, or at as_of when that is later. '
  'Not idempotent: each call is one message. '
  'In a copy of the database (jobs.is_copy) the alert waits in the outbox: if it was no copy after all, it is sent. '
  'Returns the alert''s id, or null when the job is snoozed: then nothing is raised.';
