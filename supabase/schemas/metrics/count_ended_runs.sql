create function jobs.count_ended_runs(ended uuid[])
returns void
language sql
set search_path = ''
as $function$
  insert into jobs.run_totals as total (
    job_name, successes, failures, cancelled, records_updated, duration_ms, failed_items
  )
  select
    run.job_name,
    count(*) filter (where run.status = 'success'),
    count(*) filter (where run.status = 'failed' and not run.is_cancelled),
    count(*) filter (where run.status = 'failed' and run.is_cancelled),
    coalesce(sum(run.records_updated), 0),
    coalesce(sum(run.duration_ms), 0),
    sum(greatest(run.items_failed, jsonb_array_length(run.errors), 0))
  from public.jobs_log as run
  where run.id = any (count_ended_runs.ended)
  group by run.job_name
  -- Two statements that end runs of the same jobs lock the rows in one order.
  order by run.job_name
  on conflict on constraint run_totals_pkey do update
  set
    successes = total.successes + excluded.successes,
    failures = total.failures + excluded.failures,
    cancelled = total.cancelled + excluded.cancelled,
    records_updated = total.records_updated + excluded.records_updated,
    duration_ms = total.duration_ms + excluded.duration_ms,
    failed_items = total.failed_items + excluded.failed_items;
$function$;

revoke all on function jobs.count_ended_runs(uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.count_ended_runs(uuid[]) is
  'Adds runs that have just ended to the totals of their jobs. Not idempotent: jobs.handle_ended_runs() calls it once per run.';
