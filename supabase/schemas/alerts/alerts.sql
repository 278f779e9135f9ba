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
        'item_failing',
        'run_succeeded',
        'run_missed',
        'job_recovered',
        'job_unhealthy',
        'heartbeat',
        'test'
      )
    ),
  constraint alerts_reminder_check
    check (reminder >= 0)
);

create index alerts_raised_at_idx
  on jobs.alerts (raised_at);

create index alerts_incident_id_idx
  on jobs.alerts (incident_id);

create index alerts_run_id_idx
  on jobs.alerts (run_id);

alter table jobs.alerts enable row level security;

revoke all on table jobs.alerts
  from public, anon, authenticated, service_role;

comment on table jobs.alerts is
  'The outbox: one row per message. A snapshot that is never changed, so that every attempt on every channel sends the '
  'same. Written by jobs.raise_alert() only.';
comment on column jobs.alerts.sequence is
  'Order of raising. The alerts of one job are delivered in this order.';
comment on column jobs.alerts.raised_at is
  'When it was raised. Its run may have ended long before, if it was logged late.';
comment on column jobs.alerts.run_id is
  'The run it is about, if it is about one. The run may have been pruned since.';
comment on column jobs.alerts.reminder is
  '0 for the first alert of an incident, n for its n-th reminder.';
comment on column jobs.alerts.details is
  'The facts of the message, by kind: docs/reference/alerts.md.';
