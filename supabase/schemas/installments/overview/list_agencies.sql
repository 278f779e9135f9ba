create function public.list_agencies(
  search text default null,
  after_name text default null,
  after_id uuid default null,
  max_count int default 25,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
set jit = off
begin atomic
  with page as materialized (
    select
      agency.id,
      agency.name::text as name
    from public.agencies as agency
    where (
        nullif(btrim(list_agencies.search), '') is null
        or strpos(lower(agency.name::text), lower(btrim(list_agencies.search))) > 0
        or agency.id::text = lower(btrim(list_agencies.search))
      )
      and (
        list_agencies.after_id is null
        or (agency.name::text, agency.id) > (coalesce(list_agencies.after_name, ''), list_agencies.after_id)
      )
    order by agency.name::text, agency.id
    limit least(greatest(coalesce(list_agencies.max_count, 25), 1), 101)
  )
  select coalesce(
    jsonb_agg(
      listed.overview
      order by page.name, page.id
    ),
    '[]'
  )
  from page
  join jobs.agency_overviews(array(select page.id from page), list_agencies.as_of) as listed
    on listed.agency_id = page.id;
end;

revoke all on function public.list_agencies(text, text, uuid, int, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.list_agencies(text, text, uuid, int, timestamptz)
  to authenticated, service_role;

comment on function public.list_agencies(text, text, uuid, int, timestamptz) is
  'Agencies by name, with their clocks and what is open, for the dashboard: at most max_count (default 25, from 1 to 101). '
  'search finds a part of the name, or an id. after_name and after_id, of the last agency of a page, give the next one. '
  'dueSoon and overdue count installments as public.installments_due does, aging has the amounts of '
  'public.installments_aging_at(). nextCutoffAt is the next cut-off at which something can become overdue, so that of an '
  'open day; what is due before nextCutoffDueBefore is overdue then (jobs.next_cutoff_at()). leftOut says that runs fail for '
  'the agency, to admins and the secret key only (jobs.left_out()). Callers see what the policies let them see. '
  'Returns an array of {agencyId, name, timezone, localTime, cutoffTime, graceDays, closedWeekdays, dueSoonThresholdDays, '
  'nextCutoffAt, nextCutoffDueBefore, dueSoon, overdue, aging: [{currency, notDue, days1To30, days31To60, days61To90, '
  'daysOver90, partialNotDue, partialOverdue}], lastMarkedAt, leftOut: {jobName, error, failures, since}}.';
