create function jobs.agency_results_in(metadata jsonb)
returns table (
  "position" int,
  agency_id text,
  transition text,
  updated_count numeric,
  is_agencys_first boolean
)
language sql
immutable
set search_path = ''
as $function$
  select
    listed.position::int,
    listed.agency_id,
    listed.transition,
    listed.updated_count,
    row_number() over (partition by listed.agency_id order by listed.position) = 1
  from (
    select
      row_number() over () as position,
      result.agency ->> 'agency_id' as agency_id,
      changed.transition,
      changed.updated_count::numeric as updated_count
    -- Any job may log any metadata: another "agencies" is passed over.
    from jsonb_path_query(
      agency_results_in.metadata,
      'strict $.agencies[*] ? (@.agency_id != null && @.transitions.type() == "object")',
      silent => true
    ) as result (agency)
    cross join lateral jsonb_each(result.agency -> 'transitions') as changed (transition, updated_count)
    where jsonb_typeof(changed.updated_count) = 'number'
  ) as listed;
$function$;

revoke all on function jobs.agency_results_in(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.agency_results_in(jsonb) is
  'The transitions that a run''s metadata lists by agency: {"agencies": [{"agency_id", "transitions": {name: number}}]}. '
  'Whatever has another form is passed over, and never raises.';
