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
      agency.name::text as name,
      agency.due_soon_threshold_days
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
      jsonb_build_object(
        'agencyId', page.id,
        'name', page.name,
        'timezone', cutoff.timezone,
        'localTime', to_char(cutoff.local_time, 'YYYY-MM-DD"T"HH24:MI:SS'),
        'cutoffTime', cutoff.cutoff_time,
        'graceDays', cutoff.grace_days,
        'closedWeekdays', to_jsonb(cutoff.closed_weekdays),
        'dueSoonThresholdDays', page.due_soon_threshold_days,
        'nextCutoffAt', jobs.overdue_at(
          cutoff.local_time::date + (cutoff.local_time::time >= cutoff.cutoff_time)::int,
          cutoff.cutoff_time,
          cutoff.timezone
        ),
        'dueSoon', open.due_soon,
        'overdue', open.overdue,
        'aging', (
          select coalesce(
            jsonb_agg(
              jsonb_build_object(
                'currency', aging.currency,
                'notDue', aging.not_due,
                'days1To30', aging.days_1_to_30,
                'days31To60', aging.days_31_to_60,
                'days61To90', aging.days_61_to_90,
                'daysOver90', aging.days_over_90,
                'partialNotDue', aging.partial_not_due,
                'partialOverdue', aging.partial_overdue
              )
              order by aging.currency
            ),
            '[]'
          )
          from public.installments_aging_at(list_agencies.as_of, page.id) as aging
        ),
        'lastMarkedAt', jobs.last_marked_at(page.id)
      )
      order by page.name, page.id
    ),
    '[]'
  )
  from page
  cross join lateral jobs.agency_cutoffs(list_agencies.as_of, page.id) as cutoff
  cross join lateral (
    select
      count(*) filter (
        where installment.status = 'pending'
          and plan.status = 'active'
          and installment.student_due_date >= cutoff.overdue_before
          and installment.student_due_date <= cutoff.local_time::date + page.due_soon_threshold_days
      ) as due_soon,
      count(*) filter (
        where installment.status = 'overdue'
          or (plan.status = 'active' and installment.student_due_date < cutoff.overdue_before)
      ) as overdue
    from public.payment_plans as plan
    join public.installments as installment
      on installment.payment_plan_id = plan.id
    where plan.agency_id = page.id
      and installment.status::text in ('pending', 'partial', 'overdue')
  ) as open;
end;

revoke all on function public.list_agencies(text, text, uuid, int, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.list_agencies(text, text, uuid, int, timestamptz)
  to authenticated, service_role;

comment on function public.list_agencies(text, text, uuid, int, timestamptz) is
  'Agencies by name, with their clocks and what is open, for the dashboard: at most max_count (default 25, from 1 to 101). '
  'search finds a part of the name, or an id. after_name and after_id, of the last agency of a page, give the next one. '
  'dueSoon and overdue count installments as public.installments_due does, aging has the amounts of '
  'public.installments_aging_at(); nextCutoffAt looks at no closed day. Callers see what the policies let them see. '
  'Returns an array of {agencyId, name, timezone, localTime, cutoffTime, graceDays, closedWeekdays, dueSoonThresholdDays, '
  'nextCutoffAt, dueSoon, overdue, aging: [{currency, notDue, days1To30, days31To60, days61To90, daysOver90, '
  'partialNotDue, partialOverdue}], lastMarkedAt}.';
