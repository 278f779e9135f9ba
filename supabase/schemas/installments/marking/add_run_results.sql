create function jobs.add_run_results(
  run_id uuid,
  transition text,
  agencies uuid[],
  counts int[]
)
returns void
language sql
set search_path = ''
as $function$
  insert into jobs.run_results as result (run_id, item_id, transition, updated_count)
  select
    add_run_results.run_id,
    changed.agency_id,
    add_run_results.transition,
    sum(changed.count)
  from unnest(add_run_results.agencies, add_run_results.counts) as changed (agency_id, count)
  group by changed.agency_id
  on conflict on constraint run_results_pkey do update
  set updated_count = result.updated_count + excluded.updated_count;
$function$;

revoke all on function jobs.add_run_results(uuid, text, uuid[], int[])
  from public, anon, authenticated, service_role;

comment on function jobs.add_run_results(uuid, text, uuid[], int[]) is
  'Adds what a batch changed for each agency (two arrays of the same length) to the results of its run.';
