create table jobs.alert_channels (
  name text not null,
  kinds text[] not null,
  announced_at timestamptz not null,
  paused_until timestamptz,
  fingerprint text,
  constraint alert_channels_pkey primary key (name),
  constraint alert_channels_name_check
    check (name ~ '^[a-z][a-z0-9_-]{0,49}$')
);

alter table jobs.alert_channels enable row level security;

revoke all on table jobs.alert_channels
  from public, anon, authenticated, service_role;

comment on table jobs.alert_channels is
  'The channels that alerts are delivered to. A process that has a channel configured announces it when it claims '
  'deliveries; the database itself knows neither addresses nor keys.';
comment on column jobs.alert_channels.kinds is
  'The kinds of alert that the channel carries.';
comment on column jobs.alert_channels.announced_at is
  'When a process last announced that it can send there; refreshed at most once a minute.';
comment on column jobs.alert_channels.fingerprint is
  'Identifies the place that the channel sends to, without naming it; null when it was not announced. Compared with '
  'jobs.last_resort_target().';
comment on column jobs.alert_channels.paused_until is
  'Until when the service accepts no message (429 with Retry-After).';
