create table jobs.run_workers (
  run_id uuid not null,
  token uuid,
  dispatched_at timestamptz,
  heard_at timestamptz,
  -- No foreign key: with one, an owner could not truncate jobs_log.
  constraint run_workers_pkey primary key (run_id)
);

alter table jobs.run_workers enable row level security;

revoke all on table jobs.run_workers
  from public, anon, authenticated, service_role;

comment on table jobs.run_workers is
  'Who works on a running run: one row per run that a function has taken over, or that waits for one. Deleted when the '
  'run ends.';
comment on column jobs.run_workers.token is
  'What the function called start_job_run() with. Null: no function has taken the run over yet.';
comment on column jobs.run_workers.dispatched_at is
  'When jobs.dispatch() called a function that did not answer in time; null for a run that its function started.';
comment on column jobs.run_workers.heard_at is
  'When the function last said that it is at work, without counts. Apart from jobs_log.last_progress_at, because a batch '
  'may hold the row of the run for a minute.';
