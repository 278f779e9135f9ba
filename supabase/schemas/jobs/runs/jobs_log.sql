create table public.jobs_log (
  id uuid not null default gen_random_uuid(),
  job_name text not null,
  started_at timestamptz not null,
  completed_at timestamptz,
  records_updated int default 0,
  status text not null,
  error_message text,
  metadata jsonb,
  created_at timestamptz default now(),
  items_total int,
  items_processed int,
  items_failed int,
  errors jsonb,
  duration_ms bigint generated always as (
    (extract(epoch from completed_at - started_at) * 1000)::bigint
  ) stored,
  trigger_source text,
  items_updated int,
  last_progress_at timestamptz,
  is_cancelled boolean not null default false,
  constraint jobs_log_pkey primary key (id),
  constraint jobs_log_status_check
    check (status in ('running', 'success', 'failed')),
  constraint jobs_log_running_is_not_completed_check
    check (status <> 'running' or completed_at is null),
  constraint jobs_log_finished_is_completed_check
    check (status = 'running' or completed_at is not null),
  constraint jobs_log_completed_after_started_check
    check (completed_at >= started_at),
  constraint jobs_log_started_at_is_an_instant_check
    check (isfinite(started_at)),
  constraint jobs_log_counts_check
    check (
      records_updated >= 0
      and items_total >= 0
      and items_processed >= 0
      and items_failed >= 0
      and items_updated >= 0
    ),
  constraint jobs_log_errors_check
    check (jsonb_typeof(errors) = 'array'),
  constraint jobs_log_trigger_source_check
    check (trigger_source in ('cron', 'manual', 'catch_up', 'due'))
);

create index idx_jobs_log_job_name
  on public.jobs_log (job_name, started_at desc);

create index idx_jobs_log_status
  on public.jobs_log (status)
  where status = 'failed';

create index idx_jobs_log_running
  on public.jobs_log (job_name, started_at)
  where status = 'running';

-- The health report counts thousands of runs in the index alone.
create index idx_jobs_log_success
  on public.jobs_log (job_name, started_at desc)
  include (duration_ms)
  where status = 'success';

create index idx_jobs_log_failed
  on public.jobs_log (job_name, started_at desc)
  include (is_cancelled)
  where status = 'failed';

create index idx_jobs_log_catch_ups
  on public.jobs_log (job_name, started_at)
  include (status, is_cancelled)
  where trigger_source = 'catch_up';

-- The metrics read their numbers from the index alone.
create index idx_jobs_log_numbers
  on public.jobs_log (job_name, started_at)
  include (status, duration_ms, records_updated, is_cancelled);

-- The runs that have rows in jobs.run_results.
create index idx_jobs_log_items_updated
  on public.jobs_log (job_name, started_at)
  include (id)
  where items_updated > 0;

create index idx_jobs_log_history
  on public.jobs_log (started_at desc, id desc);

alter table public.jobs_log enable row level security;

revoke all on table public.jobs_log
  from public, anon, authenticated, service_role;
grant select on table public.jobs_log to authenticated;
grant select, insert, update on table public.jobs_log to service_role;

create policy "Admins can read the job log"
  on public.jobs_log
  for select
  to authenticated
  using (
    exists (
      select 1
      from public.user_roles as membership
      where membership.user_id = (select auth.uid())
        and membership.role = 'admin'
    )
  );

create policy "The service role can read the job log"
  on public.jobs_log
  for select
  to service_role
  using (true);

create policy "The service role can log runs"
  on public.jobs_log
  for insert
  to service_role
  with check (true);

create policy "The service role can complete runs"
  on public.jobs_log
  for update
  to service_role
  using (true)
  with check (true);

comment on table public.jobs_log is
  'One row per run of a scheduled job, whether or not the job is registered in jobs.definitions. '
  'Admins read it, service_role writes it. A run is running until it is success or failed.';
comment on column public.jobs_log.id is
  'The run id: the same in the cron tick, the HTTP request, the logs, alerts and metrics.';
comment on column public.jobs_log.completed_at is
  'When the run ended; null while it is running. Filled in when a finished row is written without it.';
comment on column public.jobs_log.records_updated is
  'How many rows the run has changed so far.';
comment on column public.jobs_log.error_message is
  'Why the run failed, for an engineer.';
comment on column public.jobs_log.metadata is
  'Facts that the job adds, in its own form. continued: true says of a success that its time was over with work left.';
comment on column public.jobs_log.items_total is
  'How many items the run has to work through; null for jobs without items.';
comment on column public.jobs_log.items_processed is
  'How many of the items are done, failed ones included.';
comment on column public.jobs_log.items_failed is
  'How many of the items failed; null: as many as errors has entries.';
comment on column public.jobs_log.errors is
  'The items that failed: array of {id, name, error}; of very many only the first (items_failed counts them all).';
comment on column public.jobs_log.last_progress_at is
  'When the run last reported progress; null while it has not. A run that has reported and then is silent is dead.';
comment on column public.jobs_log.is_cancelled is
  'Whether somebody cancelled the run (jobs.actions says who and why). It is failed then, and counts as no failure.';
comment on column public.jobs_log.duration_ms is
  'Milliseconds from started_at to completed_at; null while running.';
comment on column public.jobs_log.trigger_source is
  'Who started the run: cron, manual, catch_up to catch up a missed or failed run, or to do the rest of a continued one, '
  'or due because the job''s due check said so.';
comment on column public.jobs_log.items_updated is
  'How many items the run has changed so far: those with rows in jobs.run_results; null for a job that keeps none.';
