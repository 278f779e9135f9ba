create function jobs.clock_changes(
  as_of timestamptz default now(),
  only_agency uuid default null
)
returns table (
  agency_id uuid,
  name text,
  change jsonb
)
language sql
stable
set search_path = ''
set jit = off
begin atomic
  select distinct on (agency.id)
    agency.id,
    agency.name::text,
    jsonb_build_object(
      'agencyId', agency.id,
      'name', agency.name::text,
      'timezone', agency.timezone::text,
      'cutoffTime', coalesce(agency.overdue_cutoff_time, '17:00'),
      'formerTimezone', former.timezone,
      'formerCutoffTime', former.cutoff_time,
      'lastMarkedAt', former.last_marked_at,
      'statement', jobs.clock_statement(agency.id, former.timezone, former.cutoff_time)
    )
  from jobs.former_clocks(clock_changes.as_of, clock_changes.only_agency) as former
  join public.agencies as agency
    on agency.id = former.agency_id
  where agency.timezone::text is distinct from former.timezone
    or coalesce(agency.overdue_cutoff_time, '17:00') <> former.cutoff_time
  order by agency.id, former.last_marked_at desc;
end;

revoke all on function jobs.clock_changes(timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function jobs.clock_changes(timestamptz, uuid)
  to authenticated, service_role;

comment on function jobs.clock_changes(timestamptz, uuid) is
  'Agencies whose zone or cut-off of today is not one by which installments were marked in the last seven days, or '
  'only_agency alone: change is an element of public.changed_clocks(). Callers see what the policies let them see.';
