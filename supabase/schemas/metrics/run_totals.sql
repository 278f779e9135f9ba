create table jobs.run_totals (
  job_name text not null,
  successes bigint not null default 0,
  failures bigint not null default 0,
  cancelled bigint not null default 0,
  records_updated bigint not null default 0,
  duration_ms bigint not null default 0,
  failed_items bigint not null default 0,
  constraint run_totals_pkey primary key (job_name),
  constraint run_totals_counts_check
    check (
      successes >= 0
      and failures >= 0
      and cancelled >= 0
      and records_updated >= 0
      and duration_ms >= 0
      and failed_items >= 0
    )
);

alter table jobs.run_totals enable row level security;

revoke all on table jobs.run_totals
  from public, anon, authenticated, service_role;

comment on table jobs.run_totals is
  'One row per job: totals of all its runs that ever ended, pruned ones included. They only grow. '
  'Written by jobs.handle_ended_runs().';
comment on column jobs.run_totals.cancelled is
  'Runs that somebody cancelled; not among failures.';
comment on column jobs.run_totals.records_updated is
  'Records that runs have updated, failed runs included: those changes stay.';
comment on column jobs.run_totals.duration_ms is
  'Sum of the durations of all runs that ended, in milliseconds.';
comment on column jobs.run_totals.failed_items is
  'Items that failed inside runs.';
