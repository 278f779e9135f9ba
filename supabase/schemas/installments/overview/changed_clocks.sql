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
  with changed as (
    select distinct on (agency.id)
      agency.id,
      agency.name::text as name,
      agency.timezone::text as timezone,
      coalesce(agency.overdue_cutoff_time, '17:00') as cutoff_time,
      former.timezone as former_timezone,
      former.cutoff_time as former_cutoff_time,
      former.last_marked_at
    from jobs.former_clocks(changed_clocks.as_of) as former
    join public.agencies as agency
      on agency.id = former.agency_id
    where agency.timezone::text is distinct from former.timezone
      or coalesce(agency.overdue_cutoff_time, '17:00') <> former.cutoff_time
    order by agency.id, former.last_marked_at desc
  ),
  page as (
    select *
    from changed
    order by changed.name, changed.id
    limit least(greatest(coalesce(changed_clocks.max_count, 20), 1), 100)
  )
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'agencyId', page.id,
        'name', page.name,
        'timezone', page.timezone,
        'cutoffTime', page.cutoff_time,
        'formerTimezone', page.former_timezone,
        'formerCutoffTime', page.former_cutoff_time,
        'lastMarkedAt', page.last_marked_at
      )
      order by page.name, page.id
    ),
    '[]'
  )
  from page;
end;

revoke all on function public.changed_clocks(int, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.changed_clocks(int, timestamptz)
  to authenticated, service_role;

comment on function public.changed_clocks(int, timestamptz) is
  'Agencies whose zone or cut-off of today is not one by which installments were marked in the last seven days, for the '
  'dashboard: a zone that is valid and wrong fails nowhere, and shows here. At most max_count (default 20, from 1 to 100), '
  'by name. Callers see what the policies let them see. Returns an array of {agencyId, name, timezone, cutoffTime, '
  'formerTimezone, formerCutoffTime, lastMarkedAt}.';
