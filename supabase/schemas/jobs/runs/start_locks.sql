create table jobs.start_locks (
  job_name text not null,
  constraint start_locks_pkey primary key (job_name)
);

alter table jobs.start_locks enable row level security;

revoke all on table jobs.start_locks
  from public, anon, authenticated, service_role;

comment on table jobs.start_locks is
  'One row per job that was ever started, registered or not. start_job_run() locks it while it looks for a running run '
  'and starts one. A table, because any role that can send a query can hold an advisory lock.';
