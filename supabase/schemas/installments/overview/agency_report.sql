create function public.agency_report(
  agency_id uuid,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
begin atomic
  select jsonb_build_object(
    'agency', listed.overview,
    'preview', public.preview_overdue(as_of => agency_report.as_of, agency_id => listed.agency_id),
    'changedClock', (
      select changed.change
      from jobs.clock_changes(agency_report.as_of, listed.agency_id) as changed
    )
  )
  from jobs.agency_overviews(array[agency_report.agency_id], agency_report.as_of) as listed;
end;

revoke all on function public.agency_report(uuid, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.agency_report(uuid, timestamptz)
  to authenticated, service_role;

comment on function public.agency_report(uuid, timestamptz) is
  'One agency for its page in the dashboard, in one request: agency as in public.list_agencies(); preview, what a run at '
  'as_of (default now()) would mark there (public.preview_overdue()); and changedClock, its element of '
  'public.changed_clocks(), or null. Returns {agency, preview, changedClock}; null for an unknown id and for an agency that '
  'the caller may not see. Raises 22023 for an as_of that is no instant.';
