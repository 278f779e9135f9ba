create function public.preview_overdue(
  as_of timestamptz default now(),
  agency_id uuid default null,
  timezone text default null,
  cutoff_time time default null,
  grace_days int default null
)
returns jsonb
language sql
stable
set search_path = ''
-- At the default page cost the planner would read whole tables.
set random_page_cost = 1.1
set enable_memoize = off
set jit = off
begin atomic
  with cutoff as materialized (
    select *
    from jobs.agency_cutoffs(
      jobs.checked_settings(
        preview_overdue.as_of,
        preview_overdue.timezone,
        preview_overdue.cutoff_time,
        preview_overdue.grace_days
      ),
      preview_overdue.agency_id,
      preview_overdue.timezone,
      preview_overdue.cutoff_time,
      preview_overdue.grace_days
    ) as judged
  ),
  due as (
    -- Two queries, so that what one agency has is found by its plans.
    select
      looked_up.agency_id,
      -- Read as JSON, because an adopter's plans may lack the column.
      to_jsonb(looked_up.*) ->> 'currency' as currency,
      installment.amount,
      installment.student_due_date
    from public.payment_plans as looked_up
    join public.installments as installment
      on installment.payment_plan_id = looked_up.id
    where looked_up.agency_id = preview_overdue.agency_id
      and looked_up.status = 'active'
      and installment.status = 'pending'
    union all
    select
      plan.agency_id,
      plan.currency,
      installment.amount,
      installment.student_due_date
    from public.installments as installment
    cross join lateral (
      select
        looked_up.agency_id,
        to_jsonb(looked_up.*) ->> 'currency' as currency
      from public.payment_plans as looked_up
      where looked_up.id = installment.payment_plan_id
        and looked_up.status = 'active'
      -- A fence, as in jobs.pick_overdue().
      offset 0
    ) as plan
    where preview_overdue.agency_id is null
      and installment.status = 'pending'
      -- Both ends, so that the planner expects a small range.
      and installment.student_due_date >= '-infinity'
      and installment.student_due_date < (
        select max(cutoff.overdue_before)
        from cutoff
      )
  ),
  pending as (
    select
      due.agency_id,
      nullif(upper(btrim(due.currency)), '') as currency,
      coalesce(due.amount::numeric, 0) as amount,
      due.student_due_date
    from due
  ),
  total as materialized (
    select
      pending.agency_id,
      pending.currency,
      count(*) as installments,
      sum(pending.amount) as amount,
      min(pending.student_due_date) as oldest_due_date
    from pending
    join cutoff
      on cutoff.agency_id = pending.agency_id
      and pending.student_due_date < cutoff.overdue_before
    group by
      pending.agency_id,
      pending.currency
  ),
  by_agency as (
    select
      total.agency_id,
      sum(total.installments) as installments,
      min(total.oldest_due_date) as oldest_due_date,
      jsonb_agg(
        jsonb_build_object(
          'currency', total.currency,
          'installments', total.installments,
          'amount', total.amount
        )
        order by total.installments desc, total.currency
      ) as amounts
    from total
    group by total.agency_id
  )
  select jsonb_build_object(
    'asOf', preview_overdue.as_of,
    'installments', (
      select coalesce(sum(total.installments), 0)
      from total
    ),
    'amounts', (
      select coalesce(
        jsonb_agg(
          jsonb_build_object(
            'currency', overall.currency,
            'installments', overall.installments,
            'amount', overall.amount
          )
          order by overall.installments desc, overall.currency
        ),
        '[]'
      )
      from (
        select
          total.currency,
          sum(total.installments) as installments,
          sum(total.amount) as amount
        from total
        group by total.currency
      ) as overall
    ),
    'byAgency', coalesce(
      jsonb_agg(
        jsonb_build_object(
          'agencyId', agency.id,
          'name', agency.name,
          'installments', by_agency.installments,
          'amounts', by_agency.amounts,
          'oldestDueDate', by_agency.oldest_due_date,
          'dueBefore', cutoff.overdue_before,
          'timezone', cutoff.timezone,
          'localTime', to_char(cutoff.local_time, 'YYYY-MM-DD"T"HH24:MI:SS'),
          'cutoffTime', cutoff.cutoff_time,
          'graceDays', cutoff.grace_days
        )
        order by by_agency.installments desc, agency.name, agency.id
      ),
      '[]'
    )
  )
  from by_agency
  join cutoff
    on cutoff.agency_id = by_agency.agency_id
  join public.agencies as agency
    on agency.id = by_agency.agency_id;
end;

revoke all on function public.preview_overdue(timestamptz, uuid, text, time, int)
  from public, anon, authenticated, service_role;
grant execute on function public.preview_overdue(timestamptz, uuid, text, time, int)
  to authenticated, service_role;

comment on function public.preview_overdue(timestamptz, uuid, text, time, int) is
  'What a run at as_of (default now()) would mark overdue. timezone, cutoff_time and grace_days, if given, are tried in '
  'place of those of every agency that is looked at: agency_id, or all. Writes nothing and locks nothing. Callers see '
  'what the policies let them see. '
  'Returns {asOf, installments, amounts: [{currency, installments, amount}], byAgency: [{agencyId, name, installments, '
  'amounts, oldestDueDate, dueBefore, timezone, localTime, cutoffTime, graceDays}]}, agencies with something only, the '
  'largest count first; dueBefore: what is due before this date is overdue. '
  'Raises 22023 for an as_of that is no instant, an unknown timezone, a cutoff_time of 24:00 and grace_days outside 0..60.';
