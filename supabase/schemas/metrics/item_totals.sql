create function jobs.item_totals(
  job_name text,
  from_at timestamptz,
  to_at timestamptz
)
returns setof jsonb
language plpgsql
stable
set search_path = ''
as $function$
declare
  -- As an array: of a join, the planner expects so many rows that it would sort
  -- them all.
  run_ids uuid[] := array(
    select run.id
    from public.jobs_log as run
    where run.job_name = item_totals.job_name
      and run.started_at >= item_totals.from_at
      and run.started_at < item_totals.to_at
      and run.items_updated > 0
  );
begin
  return query
    with transitions as materialized (
      select
        result.item_id,
        result.transition,
        sum(result.updated_count) as updated_count,
        count(*) as runs
      from jobs.run_results as result
      where result.run_id = any (run_ids)
      group by result.item_id, result.transition
    ),
    -- One run can make several transitions. Counted apart, because nearly every
    -- item has one transition, and distinct runs are slow to count.
    with_several as (
      select
        result.item_id,
        count(distinct result.run_id) as runs
      from jobs.run_results as result
      where result.run_id = any (run_ids)
        and result.item_id = any (
          array(
            select transitions.item_id
            from transitions
            group by transitions.item_id
            having count(*) > 1
          )
        )
      group by result.item_id
    )
    select jsonb_build_object(
      'job_name', item_totals.job_name,
      'item_id', transitions.item_id,
      'runs', max(coalesce(with_several.runs, transitions.runs)),
      'updated_count', sum(transitions.updated_count),
      'transitions', jsonb_object_agg(transitions.transition, transitions.updated_count)
    )
    from transitions
    left join with_several
      on with_several.item_id = transitions.item_id
    group by transitions.item_id
    order by sum(transitions.updated_count) desc, transitions.item_id;
end
$function$;

revoke all on function jobs.item_totals(text, timestamptz, timestamptz)
  from public, anon, authenticated, service_role;

comment on function jobs.item_totals(text, timestamptz, timestamptz) is
  'What one job''s runs that started in [from_at, to_at) changed for each item: transitions by name, their sum, and in how '
  'many runs. Returns objects, the largest sum first.';
