create function public.installments_aging_at(
  as_of timestamptz default now(),
  only_agency uuid default null
)
returns table (
  agency_id uuid,
  currency text,
  not_due numeric,
  days_1_to_30 numeric,
  days_31_to_60 numeric,
  days_61_to_90 numeric,
  days_over_90 numeric,
  partial_not_due numeric,
  partial_overdue numeric,
  partial_installments int
)
language sql
stable
set search_path = ''
-- The policies of a signed-in user look up each plan; compiling that costs more.
set jit = off
-- At the default page cost the planner would read whole tables for one agency.
set random_page_cost = 1.1
rows 10
begin atomic
  with cutoff as materialized (
    select
      judged.agency_id,
      judged.overdue_before,
      judged.local_time::date as today
    from jobs.agency_cutoffs(
      jobs.checked_settings(installments_aging_at.as_of, null, null, null),
      installments_aging_at.only_agency
    ) as judged
  ),
  plan as materialized (
    select
      stored.id,
      cutoff.agency_id,
      cutoff.overdue_before,
      cutoff.today,
      stored.status = 'active' as is_active,
      -- Read as JSON, because an adopter's plans may lack the column.
      nullif(upper(btrim(to_jsonb(stored.*) ->> 'currency')), '') as currency
    from cutoff
    join public.payment_plans as stored
      on stored.agency_id = cutoff.agency_id
  ),
  open as (
    select
      plan.agency_id,
      plan.currency,
      coalesce(installment.amount::numeric, 0) as amount,
      installment.status::text = 'partial' as is_partial,
      (
        installment.status = 'overdue'
        or installment.student_due_date < plan.overdue_before
      ) as is_overdue,
      -- Not by a difference: a due date may be infinite.
      case
        when installment.student_due_date >= plan.today - 30 then 1
        when installment.student_due_date >= plan.today - 60 then 2
        when installment.student_due_date >= plan.today - 90 then 3
        else 4
      end as step
    from plan
    join public.installments as installment
      on installment.payment_plan_id = plan.id
    where installment.status = 'overdue'
      -- As text, because an adopter's enum may lack one of them.
      or (plan.is_active and installment.status::text in ('pending', 'partial'))
  )
  select
    open.agency_id,
    open.currency,
    coalesce(sum(open.amount) filter (where not open.is_partial and open.is_overdue is not true), 0),
    coalesce(sum(open.amount) filter (where not open.is_partial and open.is_overdue and open.step = 1), 0),
    coalesce(sum(open.amount) filter (where not open.is_partial and open.is_overdue and open.step = 2), 0),
    coalesce(sum(open.amount) filter (where not open.is_partial and open.is_overdue and open.step = 3), 0),
    coalesce(sum(open.amount) filter (where not open.is_partial and open.is_overdue and open.step = 4), 0),
    coalesce(sum(open.amount) filter (where open.is_partial and open.is_overdue is not true), 0),
    coalesce(sum(open.amount) filter (where open.is_partial and open.is_overdue), 0),
    (count(*) filter (where open.is_partial))::int
  from open
  group by
    open.agency_id,
    open.currency
  order by
    open.agency_id,
    open.currency;
end;

revoke all on function public.installments_aging_at(timestamptz, uuid)
  from public, anon, authenticated, service_role;
grant execute on function public.installments_aging_at(timestamptz, uuid)
  to authenticated, service_role;

comment on function public.installments_aging_at(timestamptz, uuid) is
  'Open amounts by age, per agency and currency, as of any instant (default now()) in each agency''s own calendar. '
  'not_due: not overdue yet, also when still in its grace. The others are overdue, by the days since the due date; what '
  'is overdue for less than a day counts as 1. Partly paid installments stand apart, with their full amounts, because no '
  'column says what is left of them. '
  'It judges today''s rows at that instant: what was paid since is not open. Agencies without open installments have no '
  'row; only_agency (default: all) leaves out the others. Callers see what the policies let them see. '
  'Raises 22023 for an as_of that is null or infinite.';
