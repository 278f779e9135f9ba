-- A role for dashboards: it sees runs, and nothing of the customers.
--
-- Why:       Grafana is not to have the key to the house.
-- Locks:     nothing that exists.
-- Take back: supabase/rollbacks/metrics.sql.

do $migration$
begin
  -- Roles belong to the whole server: another database of it may have it.
  if not exists (
    select 1
    from pg_catalog.pg_roles as role
    where role.rolname = 'metrics_reader'
  ) then
    create role metrics_reader
      login
      connection limit 10;
  end if;
end
$migration$;

alter role metrics_reader set default_transaction_read_only = on;
alter role metrics_reader set statement_timeout = '15s';

grant usage on schema jobs to metrics_reader;

-- Not errors, which name items, and not metadata, which holds what a job likes.
grant select (
  id,
  job_name,
  started_at,
  completed_at,
  records_updated,
  status,
  error_message,
  created_at,
  items_total,
  items_processed,
  duration_ms,
  trigger_source
)
  on table public.jobs_log
  to metrics_reader;

create policy "Dashboards can read the job log"
  on public.jobs_log
  for select
  to metrics_reader
  using (true);

create function jobs.current_status(as_of timestamptz default now())
returns table (
  job_name text,
  status text,
  reasons text,
  schedule text,
  last_run_at timestamptz,
  last_run_status text,
  last_success_at timestamptz,
  hours_since_last_success numeric,
  success_rate_30d numeric,
  runs_30d bigint,
  failed_runs_30d bigint
)
language sql
stable
security definer
set search_path = ''
as $function$
  select
    report.job ->> 'job_name',
    report.job ->> 'status',
    (
      select string_agg(reason.value ->> 'message', ' ')
      from jsonb_array_elements(report.job -> 'reasons') as reason
    ),
    report.job ->> 'schedule',
    (report.job #>> '{last_run,started_at}')::timestamptz,
    report.job #>> '{last_run,status}',
    (report.job #>> '{last_success,started_at}')::timestamptz,
    (report.job ->> 'hours_since_last_success')::numeric,
    (report.job ->> 'success_rate_30d')::numeric,
    (report.job ->> 'runs_30d')::bigint,
    (report.job ->> 'failed_runs_30d')::bigint
  from jsonb_array_elements(jobs.health_of_jobs(current_status.as_of)) as report (job);
$function$;

revoke all on function jobs.current_status(timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function jobs.current_status(timestamptz)
  to metrics_reader;

comment on function jobs.current_status(timestamptz) is
  'The report of jobs.health_of_jobs() as a table, one row a job, for dashboards and the SQL editor. '
  'reasons: sentences, null when the job is well.';

create function jobs.agency_transitions(
  from_at timestamptz,
  to_at timestamptz
)
returns table (
  "time" timestamptz,
  run_id uuid,
  job_name text,
  agency_id text,
  transition text,
  updated_count numeric
)
language sql
stable
security definer
set search_path = ''
as $function$
  select
    run.started_at,
    run.id,
    run.job_name,
    result.agency_id,
    result.transition,
    result.updated_count
  from public.jobs_log as run
  join jobs.agency_results as result
    on result.run_id = run.id
  where run.started_at >= agency_transitions.from_at
    and run.started_at < agency_transitions.to_at
    and run.metadata ? 'agencies'
  union all
  select
    run.started_at,
    run.id,
    run.job_name,
    result.agency_id,
    result.transition,
    result.updated_count
  from public.jobs_log as run
  cross join lateral jobs.agency_results_in(run.metadata) as result
  where run.status = 'running'
    and run.started_at >= agency_transitions.from_at
    and run.started_at < agency_transitions.to_at;
$function$;

revoke all on function jobs.agency_transitions(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function jobs.agency_transitions(timestamptz, timestamptz)
  to metrics_reader;

comment on function jobs.agency_transitions(timestamptz, timestamptz) is
  'What runs that started in [from_at, to_at) changed for each agency, by its id: one row per run, agency and transition. '
  'For dashboards, which may not read metadata itself.';

create function jobs.channel_backlog(as_of timestamptz default now())
returns table (
  channel text,
  pending bigint,
  oldest_pending_seconds numeric,
  given_up_24h bigint
)
language sql
stable
security definer
set search_path = ''
as $function$
  select
    backlog.row ->> 'channel',
    (backlog.row ->> 'pending')::bigint,
    (backlog.row ->> 'oldest_pending_seconds')::numeric,
    (backlog.row ->> 'given_up_24h')::bigint
  from jobs.alert_backlog(channel_backlog.as_of) as backlog (row);
$function$;

revoke all on function jobs.channel_backlog(timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function jobs.channel_backlog(timestamptz)
  to metrics_reader;

comment on function jobs.channel_backlog(timestamptz) is
  'The report of jobs.alert_backlog() as a table, one row a channel, for dashboards and the SQL editor.';
