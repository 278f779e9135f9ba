-- The outbox: what people have to be told, and whether they have been.
--
-- Why:       an alert is written in the transaction of the change that caused
--            it, so that neither is there without the other. Sending comes
--            afterwards, as often as it takes.
-- Locks:     nothing that exists.
-- Take back: supabase/rollbacks/alerts.sql drops it; what was not sent is lost.

create table jobs.alerts (
  id uuid not null default gen_random_uuid(),
  sequence bigint not null generated always as identity,
  kind text not null,
  job_name text not null,
  run_id uuid,
  incident_id uuid,
  raised_at timestamptz not null,
  reminder int not null default 0,
  details jsonb not null,
  constraint alerts_pkey primary key (id),
  constraint alerts_sequence_key unique (sequence),
  constraint alerts_incident_id_fkey
    foreign key (incident_id) references jobs.incidents (id) on delete set null,
  constraint alerts_kind_check
    check (
      kind in (
        'run_failed',
        'run_degraded',
        'run_succeeded',
        'run_missed',
        'job_recovered',
        'job_unhealthy',
        'heartbeat'
      )
    ),
  constraint alerts_reminder_check
    check (reminder >= 0)
);

create index alerts_raised_at_idx
  on jobs.alerts (raised_at);

create index alerts_incident_id_idx
  on jobs.alerts (incident_id);

alter table jobs.alerts enable row level security;

revoke all on table jobs.alerts
  from public, anon, authenticated, service_role;

comment on table jobs.alerts is
  'The outbox: one row per message that people have to get. A snapshot that is never changed, '
  'so that every attempt on every channel tells the same. Written by jobs.raise_alert() only.';
comment on column jobs.alerts.sequence is
  'Order of raising. The alerts of one job are delivered in this order.';
comment on column jobs.alerts.raised_at is
  'When it was raised. The run that it tells of may have ended long before, when it was logged late.';
comment on column jobs.alerts.run_id is
  'The run it is about; null when it is about no single run. The run may have been pruned since.';
comment on column jobs.alerts.reminder is
  '0 for the first alert of an incident, n for its n-th reminder.';
comment on column jobs.alerts.details is
  'The facts that the message tells, by kind: docs/reference/alerts.md.';

create table jobs.alert_channels (
  name text not null,
  kinds text[] not null,
  announced_at timestamptz not null,
  paused_until timestamptz,
  constraint alert_channels_pkey primary key (name),
  constraint alert_channels_name_check
    check (name ~ '^[a-z][a-z0-9_-]{0,49}$')
);

alter table jobs.alert_channels enable row level security;

revoke all on table jobs.alert_channels
  from public, anon, authenticated, service_role;

comment on table jobs.alert_channels is
  'The channels that alerts go to. A process that has a channel configured announces it when it asks for deliveries; '
  'the database itself knows neither addresses nor keys.';
comment on column jobs.alert_channels.kinds is
  'The kinds of alert that the channel carries.';
comment on column jobs.alert_channels.announced_at is
  'When a process last said that it can send there; refreshed at most once a minute.';
comment on column jobs.alert_channels.paused_until is
  'Until when the service wants no message (429 with Retry-After).';

create table jobs.alert_deliveries (
  alert_id uuid not null,
  channel text not null,
  job_name text not null,
  sequence bigint not null,
  status text not null default 'pending',
  attempts int not null default 0,
  queued_at timestamptz not null,
  first_attempt_at timestamptz,
  next_attempt_at timestamptz not null,
  lease uuid,
  last_error text,
  finished_at timestamptz,
  constraint alert_deliveries_pkey primary key (alert_id, channel),
  constraint alert_deliveries_alert_id_fkey
    foreign key (alert_id) references jobs.alerts (id) on delete cascade,
  constraint alert_deliveries_status_check
    check (status in ('pending', 'sent', 'given_up')),
  constraint alert_deliveries_finished_check
    check ((status = 'pending') = (finished_at is null)),
  constraint alert_deliveries_attempts_check
    check (attempts >= 0)
);

create index alert_deliveries_pending_idx
  on jobs.alert_deliveries (channel, sequence)
  where status = 'pending';

create index alert_deliveries_pending_of_job_idx
  on jobs.alert_deliveries (channel, job_name, sequence)
  where status = 'pending';

create index alert_deliveries_given_up_idx
  on jobs.alert_deliveries (channel, finished_at)
  where status = 'given_up';

create index alert_deliveries_sent_idx
  on jobs.alert_deliveries (channel, finished_at desc)
  where status = 'sent';

alter table jobs.alert_deliveries enable row level security;

revoke all on table jobs.alert_deliveries
  from public, anon, authenticated, service_role;

comment on table jobs.alert_deliveries is
  'One row per alert and channel: whether the message has gone out there.';
comment on column jobs.alert_deliveries.job_name is
  'As in jobs.alerts: deliveries of one job wait for each other, for the order.';
comment on column jobs.alert_deliveries.sequence is
  'As in jobs.alerts.';
comment on column jobs.alert_deliveries.attempts is
  'How often it was claimed, also by processes that died with it.';
comment on column jobs.alert_deliveries.queued_at is
  'Since when people have waited for it: since the alert was raised, or since the channel was announced later, '
  'or was asked to try again (jobs.retry_deliveries).';
comment on column jobs.alert_deliveries.first_attempt_at is
  'When it was first claimed; null before that.';
comment on column jobs.alert_deliveries.next_attempt_at is
  'From when on it may be claimed: the end of the back-off, or of the lease of whoever has it.';
comment on column jobs.alert_deliveries.lease is
  'Identifies the last claim: a process whose lease was taken over cannot change the row any more.';
comment on column jobs.alert_deliveries.last_error is
  'What the service said last, when it did not take the message.';
comment on column jobs.alert_deliveries.finished_at is
  'When it was sent or given up; null while it is pending.';

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
    and alert.kind = any (channel.kinds)
  where alert.raised_at > add_missing_deliveries.raised_after
  on conflict on constraint alert_deliveries_pkey do nothing;
$function$;

revoke all on function jobs.add_missing_deliveries(text[], timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.add_missing_deliveries(text[], timestamptz) is
  'Has these channels deliver what was raised after the given instant and is not theirs yet: for a channel that is new, '
  'or was announced while an alert was being raised. Idempotent.';

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
begin
  insert into jobs.alerts (kind, job_name, run_id, incident_id, raised_at, reminder, details)
  values (
    raise_alert.kind,
    raise_alert.job_name,
    raise_alert.run_id,
    raise_alert.incident_id,
    greatest(raise_alert.as_of, now()),
    raise_alert.reminder,
    raise_alert.details
  )
  returning *
  into alert;

  -- A channel that is being announced would otherwise see no alert, and be seen
  -- by none.
  lock table jobs.alert_channels in row share mode;

  insert into jobs.alert_deliveries (alert_id, channel, job_name, sequence, queued_at, next_attempt_at)
  select
    alert.id,
    channel.name,
    alert.job_name,
    alert.sequence,
    alert.raised_at,
    -- On a clock that was moved forward it would wait until then.
    now()
  from jobs.alert_channels as channel
  where alert.kind = any (channel.kinds);

  perform pg_notify('job_alert', alert.id::text);
  return alert.id;
end
$function$;

revoke all on function jobs.raise_alert(text, text, jsonb, uuid, uuid, int, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.raise_alert(text, text, jsonb, uuid, uuid, int, timestamptz) is
  'Puts an alert into the outbox, for every announced channel that carries its kind, and wakes those who deliver '
  '(pg_notify on the channel job_alert with the alert''s id). Raised now, or at as_of when that is ahead of now. '
  'Not idempotent: each call is one message. '
  'Returns the alert''s id.';
