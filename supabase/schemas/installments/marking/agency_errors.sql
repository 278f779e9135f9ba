create function jobs.agency_errors(failures jsonb)
returns jsonb
language sql
stable
set search_path = ''
as $function$
  select coalesce(
    jsonb_agg(
      jsonb_build_object('id', agency.id, 'name', agency.name, 'error', failure.message)
      order by agency.name, agency.id
    ),
    '[]'
  )
  from jsonb_each_text(agency_errors.failures) as failure (agency_id, message)
  join public.agencies as agency
    on agency.id = failure.agency_id::uuid;
$function$;

revoke all on function jobs.agency_errors(jsonb)
  from public, anon, authenticated, service_role;

comment on function jobs.agency_errors(jsonb) is
  'Failures {agency_id: message} as jobs_log.errors lists them: [{id, name, error}], by name.';
