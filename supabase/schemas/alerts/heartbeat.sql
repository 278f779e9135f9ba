create table jobs.heartbeat (
  name text not null default 'job-heartbeat-weekly',
  schedule text not null,
  constraint heartbeat_pkey primary key (name),
  constraint heartbeat_name_check
    check (name = 'job-heartbeat-weekly')
);

alter table jobs.heartbeat enable row level security;

revoke all on table jobs.heartbeat
  from public, anon, authenticated, service_role;

comment on table jobs.heartbeat is
  'One row while the heartbeat is on, so that a pg_cron entry that was lost is noticed. Written by '
  'jobs.enable_heartbeat() and jobs.disable_heartbeat().';
comment on column jobs.heartbeat.name is
  'Name of the entry in cron.job.';
comment on column jobs.heartbeat.schedule is
  'Cron expression, in UTC.';
