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
  updated_count int
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
    jobs.item_pseudonym(result.item_id),
    result.transition,
    result.updated_count
  from public.jobs_log as run
  join jobs.run_results as result
    on result.run_id = run.id
  where run.started_at >= agency_transitions.from_at
    and run.started_at < agency_transitions.to_at
    and run.items_updated > 0;
$function$;

revoke all on function jobs.agency_transitions(timestamptz, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function jobs.agency_transitions(timestamptz, timestamptz)
  to metrics_reader;

comment on function jobs.agency_transitions(timestamptz, timestamptz) is
  'What runs that started in [from_at, to_at) changed for each agency, by its id (jobs.item_pseudonym): one row per run, agency and transition. '
  'For dashboards, which may not read jobs.run_results.';
