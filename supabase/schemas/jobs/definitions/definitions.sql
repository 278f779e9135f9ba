create table jobs.definitions (
  job_name text not null,
  description text not null,
  impact text,
  schedule text not null,
  cron_job_name text not null,
  function_slug text not null,
  expected_interval interval not null,
  registered_schedule text,
  registered_interval interval,
  max_runtime interval not null,
  slow_after interval not null,
  catch_up boolean not null default true,
  max_catch_ups int not null,
  due_check text,
  notify_on_success boolean not null default false,
  degraded_error_ratio numeric(3, 2) not null,
  failed_error_ratio numeric(3, 2) not null,
  ping_url text,
  enabled boolean not null default true,
  enabled_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  constraint definitions_pkey primary key (job_name),
  constraint definitions_cron_job_name_key unique (cron_job_name),
  constraint definitions_job_name_check
    check (job_name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and octet_length(job_name) <= 63),
  -- pg_cron cuts longer names, and two jobs would share one entry.
  constraint definitions_cron_job_name_check
    check (octet_length(cron_job_name) between 1 and 63),
  -- Alerts that concern all jobs have this name.
  constraint definitions_job_name_is_not_reserved_check
    check (job_name not in ('duewatch', 'duewatch-test')),
  constraint definitions_function_slug_check
    check (function_slug ~ '^[A-Za-z0-9_-]+$'),
  constraint definitions_impact_check
    check (length(btrim(impact)) between 1 and 500),
  constraint definitions_ping_url_check
    check (ping_url ~* '^https?://' and length(ping_url) <= 1000),
  constraint definitions_expected_interval_check
    check (expected_interval > interval '0'),
  constraint definitions_registered_check
    check ((registered_schedule is null) = (registered_interval is null)),
  constraint definitions_max_runtime_check
    check (max_runtime between interval '1 second' and interval '1 day'),
  constraint definitions_max_catch_ups_check
    check (max_catch_ups > 0),
  constraint definitions_slow_after_check
    check (slow_after > interval '0'),
  constraint definitions_error_ratios_check
    check (
      degraded_error_ratio between 0 and 1
      and failed_error_ratio between degraded_error_ratio and 1
    )
);

alter table jobs.definitions enable row level security;

revoke all on table jobs.definitions
  from public, anon, authenticated, service_role;

comment on table jobs.definitions is
  'The registered jobs. Written by jobs.register() and jobs.unregister(), which keep pg_cron in step. '
  'jobs.register() knows the defaults: jobs.defaults().';
comment on column jobs.definitions.impact is
  'What it means for people while the work of the job is not done, as the end of a sentence that begins with "Until a run '
  'succeeds,". Alerts begin with it.';
comment on column jobs.definitions.ping_url is
  'An address that the function calls after each successful run, for a monitor outside; null for none. A secret: anyone '
  'who knows it can send the ping.';
comment on column jobs.definitions.schedule is
  'Cron expression, in UTC.';
comment on column jobs.definitions.cron_job_name is
  'Name of the entry in cron.job.';
comment on column jobs.definitions.function_slug is
  'The Edge Function that does the work: the last part of its URL.';
comment on column jobs.definitions.expected_interval is
  'A job without a success for longer than this has missed a run.';
comment on column jobs.definitions.registered_schedule is
  'The schedule that jobs.register() gave the job, while jobs.reschedule() has another one in force; null otherwise. '
  'jobs.register() with the same one leaves what is in force alone.';
comment on column jobs.definitions.registered_interval is
  'The expected_interval that jobs.register() gave the job, as registered_schedule.';
comment on column jobs.definitions.max_runtime is
  'A run that is older than this is dead and is marked failed.';
comment on column jobs.definitions.slow_after is
  'A success that takes longer is slow: a warning in the health report.';
comment on column jobs.definitions.catch_up is
  'Whether a missed or failed run is caught up before the next tick, and a continued one is taken up at once.';
comment on column jobs.definitions.max_catch_ups is
  'After so many failures in a row the supervisor starts no catch-up run any more. The next tick, or a person, tries '
  'again.';
comment on column jobs.definitions.due_check is
  'The function (as_of timestamptz) returns boolean that is asked every minute whether a run is due; null for a job that '
  'only its schedule starts. Its name with its schema, quoted.';
comment on column jobs.definitions.notify_on_success is
  'Whether a success sends an email.';
comment on column jobs.definitions.degraded_error_ratio is
  'More than this share of failed items makes a success degraded.';
comment on column jobs.definitions.failed_error_ratio is
  'More than this share of failed items makes the run failed.';
comment on column jobs.definitions.enabled is
  'Whether pg_cron triggers it. A disabled job can still be dispatched by hand.';
comment on column jobs.definitions.enabled_at is
  'When it was registered, or last enabled again: runs are expected from then on.';
