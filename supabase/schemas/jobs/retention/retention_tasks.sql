create table jobs.retention_tasks (
  task_name text not null,
  function_name text not null,
  constraint retention_tasks_pkey primary key (task_name)
);

alter table jobs.retention_tasks enable row level security;

revoke all on table jobs.retention_tasks
  from public, anon, authenticated, service_role;

comment on table jobs.retention_tasks is
  'What jobs.prune() calls after its own work: one function for each thing that has a retention of its own.';
comment on column jobs.retention_tasks.task_name is
  'The key of its count in what jobs.prune() returns.';
comment on column jobs.retention_tasks.function_name is
  'A function (as_of timestamptz) returns int, with its schema. It deletes in bounded portions and returns how many rows.';
