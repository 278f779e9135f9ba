create function public.changed_clocks(
  max_count int default 20,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
set jit = off
begin atomic
  select coalesce(
    jsonb_agg(
      page.change
      order by page.name, page.agency_id
    ),
    '[]'
  )
  from (
    select *
    from jobs.clock_changes(changed_clocks.as_of) as changed
    order by changed.name, changed.agency_id
    limit least(greatest(coalesce(changed_clocks.max_count, 20), 1), 100)
  ) as page;
end;

revoke all on function public.changed_clocks(int, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.changed_clocks(int, timestamptz)
  to authenticated, service_role;

comment on function public.changed_clocks(int, timestamptz) is
  'Agencies whose zone or cut-off of today is not one by which installments were marked in the last seven days, for the '
  'dashboard: a zone that is valid and wrong fails nowhere, and shows here. At most max_count (default 20, from 1 to 100), '
  'by name. Callers see what the policies let them see. Returns an array of {agencyId, name, timezone, cutoffTime, '
  'formerTimezone, formerCutoffTime, lastMarkedAt, statement}; statement is the SQL that gives the former clock back, with '
  'the names of the project''s own table.';
