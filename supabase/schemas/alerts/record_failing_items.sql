create function jobs.record_failing_items(run public.jobs_log)
returns int
language plpgsql
set search_path = ''
as $function$
declare
  counted int;
begin
  -- A run that is logged late says nothing about the items as they are now.
  if exists (
    select 1
    from public.jobs_log as newer
    where newer.job_name = run.job_name
      and newer.started_at > run.started_at
      and newer.started_at <= now()
      and newer.status <> 'running'
  ) then
    return 0;
  end if;

  insert into jobs.failing_items as known (
    job_name, item_id, name, error, failing_since, last_failed_at, run_id
  )
  select distinct on (failed.item_id)
    run.job_name,
    failed.item_id,
    left(failed.entry ->> 'name', 200),
    left(failed.entry ->> 'error', 500),
    run.started_at,
    run.started_at,
    run.id
  from (
    select
      listed.entry,
      listed.position,
      left(coalesce(listed.entry ->> 'id', listed.entry ->> 'name'), 200) as item_id
    from jsonb_array_elements(run.errors) with ordinality as listed (entry, position)
  ) as failed
  where failed.item_id is not null
    -- An index row holds 2,700 bytes. No write of a run may fail because of it.
    and octet_length(run.job_name) <= 1000
  order by failed.item_id, failed.position
  on conflict on constraint failing_items_pkey do update
  set
    name = excluded.name,
    error = excluded.error,
    failures = known.failures + 1,
    last_failed_at = excluded.last_failed_at,
    run_id = excluded.run_id
  where known.run_id <> excluded.run_id;
  get diagnostics counted = row_count;

  if jobs.tried_every_item(run) then
    delete from jobs.failing_items as known
    where known.job_name = run.job_name
      and known.run_id <> run.id;
  end if;

  return counted;
end
$function$;

revoke all on function jobs.record_failing_items(public.jobs_log)
  from public, anon, authenticated, service_role;

comment on function jobs.record_failing_items(public.jobs_log) is
  'Counts the items that a run names in errors as failed once more in a row. When the run tried every item '
  '(jobs.tried_every_item), the others are no longer failing; otherwise they stay as they are. A run that started before '
  'another that has ended is ignored. '
  'Idempotent per run. Returns how many items it counted.';
