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
  key_number int not null default 1,
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
    check (attempts >= 0),
  constraint alert_deliveries_key_number_check
    check (key_number >= 1)
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
  'One row per alert and channel: whether the message was sent there.';
comment on column jobs.alert_deliveries.job_name is
  'As in jobs.alerts. Deliveries of one job are sent in order, one at a time.';
comment on column jobs.alert_deliveries.sequence is
  'As in jobs.alerts.';
comment on column jobs.alert_deliveries.attempts is
  'How often it was claimed, also by processes that died before they completed it.';
comment on column jobs.alert_deliveries.queued_at is
  'Since when it has been waiting: since the alert was raised, since the channel was announced, or since it was queued '
  'again (jobs.retry_deliveries).';
comment on column jobs.alert_deliveries.first_attempt_at is
  'When it was first claimed; null before that.';
comment on column jobs.alert_deliveries.next_attempt_at is
  'From when on it may be claimed: the end of the back-off, or of the current lease.';
comment on column jobs.alert_deliveries.lease is
  'Identifies the last claim. A process whose lease was taken over cannot change the row any more.';
comment on column jobs.alert_deliveries.last_error is
  'The service''s answer to the last attempt that failed.';
comment on column jobs.alert_deliveries.finished_at is
  'When it was sent or given up; null while it is pending.';
