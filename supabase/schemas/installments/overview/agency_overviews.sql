create function jobs.agency_overviews(
  agency_ids uuid[],
  as_of timestamptz
)
returns table (
  agency_id uuid,
  overview jsonb
)
language sql
stable
set search_path = ''
set jit = off
rows 25
begin atomic
  select
    agency.id,
    jsonb_build_object(
      'agencyId', agency.id,
      'name', agency.name::text,
      'timezone', cutoff.timezone,
      'localTime', to_char(cutoff.local_time, 'YYYY-MM-DD"T"HH24:MI:SS'),
      'cutoffTime', cutoff.cutoff_time,
      'graceDays', cutoff.grace_days,
      'closedWeekdays', to_jsonb(cutoff.closed_weekdays),
      'dueSoonThresholdDays', agency.due_soon_threshold_days,
      'nextCutoffAt', next.at,
      'nextCutoffDueBefore', (
        select later.overdue_before
        from jobs.agency_cutoffs(next.at, agency.id) as later
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
        from public.installments_aging_at(agency_overviews.as_of, agency.id) as aging
      ),
      'lastMarkedAt', jobs.last_marked_at(agency.id),
      'leftOut', jobs.left_out(agency.id)
    )
  from public.agencies as agency
  cross join lateral jobs.agency_cutoffs(agency_overviews.as_of, agency.id) as cutoff
  cross join lateral jobs.next_cutoff_at(
    agency.id,
    agency_overviews.as_of,
    cutoff.local_time,
    cutoff.cutoff_time,
    cutoff.timezone,
    cutoff.closed_weekdays
  ) as next (at)
  cross join lateral (
    select
      count(*) filter (
        where installment.status = 'pending'
          and plan.status = 'active'
          and installment.student_due_date >= cutoff.overdue_before
          and installment.student_due_date <= cutoff.local_time::date + agency.due_soon_threshold_days
      ) as due_soon,
      count(*) filter (
        where installment.status = 'overdue'
          or (plan.status = 'active' and installment.student_due_date < cutoff.overdue_before)
      ) as overdue
    from public.payment_plans as plan
    join public.installments as installment
      on installment.payment_plan_id = plan.id
    where plan.agency_id = agency.id
      and installment.status::text in ('pending', 'partial', 'overdue')
  ) as open
  where agency.id = any (agency_overviews.agency_ids);
end;

revoke all on function jobs.agency_overviews(uuid[], timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function jobs.agency_overviews(uuid[], timestamptz)
  to authenticated, service_role;

comment on function jobs.agency_overviews(uuid[], timestamptz) is
  'Agencies by id with their clocks and what is open at an instant: overview is an element of public.list_agencies(). No row '
  'for an unknown id and for an agency that the caller may not see. All in one query, because each call plans the rule again.';
