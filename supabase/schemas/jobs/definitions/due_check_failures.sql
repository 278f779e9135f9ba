create table jobs.due_check_failures (
  job_name text not null,
  failures int not null default 1,
  failing_since timestamptz not null,
  last_failed_at timestamptz not null,
  slow boolean not null,
  error text not null,
  constraint due_check_failures_pkey primary key (job_name),
  constraint due_check_failures_job_name_fkey
    foreign key (job_name) references jobs.definitions (job_name)
    on delete cascade,
  constraint due_check_failures_failures_check
    check (failures > 0)
);

alter table jobs.due_check_failures enable row level security;

revoke all on table jobs.due_check_failures
  from public, anon, authenticated, service_role;

comment on table jobs.due_check_failures is
  'The jobs whose due check has failed since it last answered. Written by jobs.ask_due_check(); jobs.register() begins anew.';
comment on column jobs.due_check_failures.failures is
  'How often it has failed in a row.';
comment on column jobs.due_check_failures.slow is
  'Whether it took too long the last time, and was ended. It is then asked less often.';
comment on column jobs.due_check_failures.error is
  'What it raised the last time.';
