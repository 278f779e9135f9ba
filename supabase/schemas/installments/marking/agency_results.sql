create function jobs.agency_results(run_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'agency_id', agency.item_id,
        'updated_count', agency.updated_count,
        'transitions', agency.transitions
      )
      order by agency.updated_count desc, agency.item_id
    ),
    '[]'
  )
  from (
    select
      result.item_id,
      sum(result.updated_count) as updated_count,
      jsonb_object_agg(result.transition, result.updated_count) as transitions
    from jobs.run_results as result
    where result.run_id = agency_results.run_id
    group by result.item_id
  ) as agency;
$function$;

revoke all on function jobs.agency_results(uuid)
  from public, anon, authenticated, service_role;

comment on function jobs.agency_results(uuid) is
  'What a run has changed, as metadata.agencies lists it: [{agency_id, updated_count, transitions}], agencies with a '
  'change only, the largest count first.';
