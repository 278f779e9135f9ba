create table jobs.incidents (
  id uuid not null default gen_random_uuid(),
  job_name text not null,
  kind text not null,
  opened_at timestamptz not null,
  last_seen_at timestamptz not null,
  last_alerted_at timestamptz not null,
  occurrences int not null default 1,
  reminders int not null default 0,
  details jsonb not null default '{}',
  closed_at timestamptz,
  constraint incidents_pkey primary key (id),
  constraint incidents_kind_check
    check (kind in ('run_failed', 'run_degraded', 'item_failing', 'run_missed', 'job_unhealthy')),
  constraint incidents_counts_check
    check (occurrences > 0 and reminders >= 0)
);

create unique index incidents_open_key
  on jobs.incidents (job_name, kind)
  where closed_at is null;

create index incidents_closed_at_idx
  on jobs.incidents (closed_at desc, id)
  where closed_at is not null;

alter table jobs.incidents enable row level security;

revoke all on table jobs.incidents
  from public, anon, authenticated, service_role;

comment on table jobs.incidents is
  'One row per problem of a job, from when it began until it was over; at most one open per job and kind. '
  'An open incident alerts once, again every 24 hours, and ends with job_recovered.';
comment on column jobs.incidents.kind is
  'The kind of its alerts: run_failed, run_degraded, item_failing, run_missed or job_unhealthy.';
comment on column jobs.incidents.opened_at is
  'When the problem began, as far as that is known; otherwise when it was first observed.';
comment on column jobs.incidents.last_seen_at is
  'When the problem was last observed.';
comment on column jobs.incidents.last_alerted_at is
  'When the last alert was raised; a reminder follows 24 hours later.';
comment on column jobs.incidents.occurrences is
  'How often it was observed: for run_failed, how many runs have failed.';
comment on column jobs.incidents.reminders is
  'How many reminders were raised after the first alert.';
comment on column jobs.incidents.details is
  'The facts of the last observation; a reminder repeats them.';
comment on column jobs.incidents.closed_at is
  'When it was over; null while it is open.';
