do $migration$
begin
  -- Roles belong to the whole server, so another database may have created it.
  if not exists (
    select 1
    from pg_catalog.pg_roles as role
    where role.rolname = 'metrics_reader'
  ) then
    create role metrics_reader
      login
      connection limit 10;
    insert into jobs.installed_objects (kind, name)
    values ('role', 'metrics_reader')
    on conflict do nothing;
  end if;
end
$migration$;

alter role metrics_reader set default_transaction_read_only = on;
alter role metrics_reader set statement_timeout = '15s';

grant usage on schema jobs to metrics_reader;

-- Not error_message and errors, which can name customers, and not metadata, where
-- a job can write anything. jobs.failure_causes() says why runs failed.
revoke all on table public.jobs_log from metrics_reader;
grant select (
  id,
  job_name,
  started_at,
  completed_at,
  records_updated,
  status,
  created_at,
  items_total,
  items_processed,
  duration_ms,
  trigger_source,
  is_cancelled
)
  on table public.jobs_log
  to metrics_reader;

-- This file restores the role on an installation that has lost it.
drop policy if exists "Dashboards can read the job log" on public.jobs_log;
create policy "Dashboards can read the job log"
  on public.jobs_log
  for select
  to metrics_reader
  using (true);
