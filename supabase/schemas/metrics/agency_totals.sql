create function jobs.agency_totals(
  job_name text,
  from_at timestamptz,
  to_at timestamptz
)
returns setof jsonb
language plpgsql
stable
set search_path = ''
as $function$
begin
  return query
    with changes as (
      select
        result.agency_id,
        result.transition,
        result.updated_count,
        result.is_agencys_first
      from jobs.agency_results as result
      -- As an array: the planner takes thousands of rows for one, and would sort
      -- them all.
      where result.run_id = any (
        array(
          select run.id
          from public.jobs_log as run
          where run.job_name = agency_totals.job_name
            and run.started_at >= agency_totals.from_at
            and run.started_at < agency_totals.to_at
            and run.metadata ? 'agencies'
        )
      )
      union all
      select
        result.agency_id,
        result.transition,
        result.updated_count,
        result.is_agencys_first
      from public.jobs_log as run
      cross join lateral jobs.agency_results_in(run.metadata) as result
      where run.status = 'running'
        and run.job_name = agency_totals.job_name
        and run.started_at >= agency_totals.from_at
        and run.started_at < agency_totals.to_at
    ),
    -- Added up before the rest is done: thousands of rows become a few.
    transitions as materialized (
      select
        changes.agency_id,
        changes.transition,
        sum(changes.updated_count) as updated_count,
        count(*) filter (where changes.is_agencys_first) as runs
      from changes
      group by changes.agency_id, changes.transition
    )
    select jsonb_build_object(
      'job_name', agency_totals.job_name,
      'agency_id', transitions.agency_id,
      'runs', sum(transitions.runs),
      'updated_count', sum(transitions.updated_count),
      'transitions', jsonb_object_agg(transitions.transition, transitions.updated_count)
    )
    from transitions
    group by transitions.agency_id
    order by sum(transitions.updated_count) desc, transitions.agency_id;
end
$function$;

revoke all on function jobs.agency_totals(text, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.agency_totals(text, timestamptz, timestamptz) is
  'What one job''s runs that started in [from_at, to_at) changed for each agency: transitions by name and their sum, '
  'and in how many runs. From jobs.agency_results, and from the metadata of runs that are running. '
  'Returns objects, the largest sum first.';
