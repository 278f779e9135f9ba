-- One row per run of any job: what started, how it ended, what it changed.
--
-- Why:       a run that left no row cannot be trusted to have happened.
-- Locks:     nothing that exists.
-- Take back: supabase/rollbacks/main_job.sql drops it with its history.

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
    check (records_updated >= 0 and items_total >= 0 and items_processed >= 0 and items_failed >= 0),
  constraint jobs_log_errors_check
    check (jsonb_typeof(errors) = 'array'),
  constraint jobs_log_trigger_source_check
    check (trigger_source in ('cron', 'manual', 'catch_up'))
);

create index idx_jobs_log_job_name
  on public.jobs_log (job_name, started_at desc);

create index idx_jobs_log_status
  on public.jobs_log (status)
  where status = 'failed';

create index idx_jobs_log_running
  on public.jobs_log (job_name, started_at)
  where status = 'running';

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
  'Facts of the job. update-installment-statuses: agencies (those with a change), total_agencies_processed, attempts.';
comment on column public.jobs_log.items_total is
  'How many items the run has to work through; null for jobs without items.';
comment on column public.jobs_log.items_processed is
  'How many of them are done, failed ones included.';
comment on column public.jobs_log.items_failed is
  'How many of them failed; null: as many as errors has entries.';
comment on column public.jobs_log.errors is
  'The items that failed: array of {id, name, error}; of very many only the first (items_failed counts them all).';
comment on column public.jobs_log.duration_ms is
  'Milliseconds from started_at to completed_at; null while running.';
comment on column public.jobs_log.trigger_source is
  'Who started the run: cron, manual, or catch_up for a missed or failed run that is made up for.';

create function jobs.complete_finished_run()
returns trigger
language plpgsql
set search_path = ''
as $function$
begin
  if tg_op = 'UPDATE' then
    new.completed_at := greatest(now(), new.started_at);
  else
    -- A finished run that is logged afterwards: its end is not known.
    new.completed_at := new.started_at;
  end if;
  return new;
end
$function$;

revoke all on function jobs.complete_finished_run()
  from public, anon, authenticated, service_role;

comment on function jobs.complete_finished_run() is
  'Trigger of public.jobs_log: fills completed_at of a finished row that is written without it, '
  'now() on update, started_at on insert, so that a bare insert or update by hand works.';

create trigger complete_finished_run
  before insert or update on public.jobs_log
  for each row
  when (new.status <> 'running' and new.completed_at is null)
  execute function jobs.complete_finished_run();
