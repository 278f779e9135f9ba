create table jobs.supervisor_problems (
  step text not null,
  problem text not null,
  since timestamptz not null,
  tried_at timestamptz not null,
  constraint supervisor_problems_pkey primary key (step)
);

alter table jobs.supervisor_problems enable row level security;

revoke all on table jobs.supervisor_problems
  from public, anon, authenticated, service_role;

comment on table jobs.supervisor_problems is
  'The steps of the supervisor that failed when they were last tried. Written by jobs.supervisor_step() and '
  'jobs.report_supervisor_problems() only; a row is gone once its step works again.';
comment on column jobs.supervisor_problems.problem is
  'The last error of the step.';
comment on column jobs.supervisor_problems.since is
  'When the step failed first.';
comment on column jobs.supervisor_problems.tried_at is
  'When it failed last. A step that is not tried any more, as of a job that needs no catch-up run, is forgotten.';
