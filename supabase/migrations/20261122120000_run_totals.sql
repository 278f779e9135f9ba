-- What the jobs have done since they were installed.
--
-- Why:       a counter of Prometheus may never go down, and jobs_log is pruned.
-- Locks:     reads jobs_log once; writers wait for it.
-- Take back: supabase/rollbacks/metrics.sql.

create table jobs.run_totals (
  job_name text not null,
  successes bigint not null default 0,
  failures bigint not null default 0,
  records_updated bigint not null default 0,
  duration_ms bigint not null default 0,
  failed_items bigint not null default 0,
  constraint run_totals_pkey primary key (job_name),
  constraint run_totals_counts_check
    check (
      successes >= 0
      and failures >= 0
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
  'Written by triggers of public.jobs_log.';
comment on column jobs.run_totals.records_updated is
  'Records that runs have updated, failed runs included: what they did stays.';
comment on column jobs.run_totals.duration_ms is
  'Sum of the durations of all runs that ended, in milliseconds.';
comment on column jobs.run_totals.failed_items is
  'Items that failed inside runs.';

create function jobs.count_ended_runs(ended uuid[])
returns void
language sql
set search_path = ''
as $function$
  insert into jobs.run_totals as total (
    job_name, successes, failures, records_updated, duration_ms, failed_items
  )
  select
    run.job_name,
    count(*) filter (where run.status = 'success'),
    count(*) filter (where run.status = 'failed'),
    coalesce(sum(run.records_updated), 0),
    coalesce(sum(run.duration_ms), 0),
    sum(greatest(run.items_failed, jsonb_array_length(run.errors), 0))
  from public.jobs_log as run
  where run.id = any (count_ended_runs.ended)
  group by run.job_name
  -- Two statements that count several jobs lock them in the same order.
  order by run.job_name
  on conflict on constraint run_totals_pkey do update
  set
    successes = total.successes + excluded.successes,
    failures = total.failures + excluded.failures,
    records_updated = total.records_updated + excluded.records_updated,
    duration_ms = total.duration_ms + excluded.duration_ms,
    failed_items = total.failed_items + excluded.failed_items;
$function$;

revoke all on function jobs.count_ended_runs(uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.count_ended_runs(uuid[]) is
  'Adds runs that have just ended to the totals of their jobs. Not idempotent: the triggers call it once per run.';

create function jobs.count_inserted_runs()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  perform jobs.count_ended_runs(array_agg(inserted.id))
  from inserted_runs as inserted
  where inserted.status <> 'running'
  having count(*) > 0;
  return null;
end
$function$;

revoke all on function jobs.count_inserted_runs()
  from public, anon, authenticated, service_role;

comment on function jobs.count_inserted_runs() is
  'Trigger of public.jobs_log: counts runs that are logged as success or failed at once. '
  'Runs with its owner''s rights, because whoever may log a run has no use of the schema jobs.';

create function jobs.count_updated_runs()
returns trigger
language plpgsql
security definer
set search_path = ''
as $function$
begin
  perform jobs.count_ended_runs(array_agg(updated.id))
  from updated_runs as updated
  join former_runs as former
    on former.id = updated.id
  where updated.status <> 'running'
    and former.status = 'running'
  having count(*) > 0;
  return null;
end
$function$;

revoke all on function jobs.count_updated_runs()
  from public, anon, authenticated, service_role;

comment on function jobs.count_updated_runs() is
  'Trigger of public.jobs_log: counts runs that end. A run counts once, also when its status is corrected afterwards.';

create trigger count_inserted_runs
  after insert on public.jobs_log
  referencing new table as inserted_runs
  for each statement
  execute function jobs.count_inserted_runs();

create trigger count_updated_runs
  after update on public.jobs_log
  referencing old table as former_runs new table as updated_runs
  for each statement
  execute function jobs.count_updated_runs();

-- What ended before this was installed. The triggers have locked the table, so
-- no run ends in between.
select jobs.count_ended_runs(array_agg(run.id))
from public.jobs_log as run
where run.status <> 'running'
having count(*) > 0;
