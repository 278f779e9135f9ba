create table jobs.failing_items (
  job_name text not null,
  item_id text not null,
  name text,
  error text,
  failures int not null default 1,
  failing_since timestamptz not null,
  last_failed_at timestamptz not null,
  run_id uuid not null,
  constraint failing_items_pkey primary key (job_name, item_id),
  constraint failing_items_failures_check
    check (failures > 0)
);

alter table jobs.failing_items enable row level security;

revoke all on table jobs.failing_items
  from public, anon, authenticated, service_role;

comment on table jobs.failing_items is
  'The items that failed in the last run that tried them. Written by jobs.record_failing_items() when a run ends. From '
  'the second failure in a row on, an item is part of the incident item_failing of its job.';
comment on column jobs.failing_items.item_id is
  'The id of the item, as in jobs_log.errors; the name of an item without one.';
comment on column jobs.failing_items.error is
  'Why it failed last.';
comment on column jobs.failing_items.failures is
  'In how many runs in a row it failed. A run that did not try it counts neither way.';
comment on column jobs.failing_items.failing_since is
  'When the first of those runs started.';
comment on column jobs.failing_items.last_failed_at is
  'When the last of those runs started.';
comment on column jobs.failing_items.run_id is
  'The last of those runs.';
