do $migration$
begin
  if to_regclass('public.installments_due') is not null then
    return;
  end if;

  create view public.installments_due
  with (security_invoker = true)
  as
  select
    installment.id,
    installment.payment_plan_id,
    plan.agency_id,
    installment.amount,
    installment.student_due_date,
    installment.status,
    cutoff.local_time::date as agency_local_date,
    (
      installment.status = 'pending'
      and plan.status = 'active'
      and installment.student_due_date >= cutoff.overdue_before
      and installment.student_due_date <= cutoff.local_time::date + agency.due_soon_threshold_days
    ) as is_due_soon,
    (
      installment.status = 'overdue'
      or (
        plan.status = 'active'
        and installment.student_due_date < cutoff.overdue_before
      )
    ) as is_overdue_now,
    case
      when plan.status = 'active' then jobs.overdue_at(
        jobs.effective_due_date(
          agency.id,
          installment.student_due_date,
          cutoff.grace_days,
          cutoff.closed_weekdays
        ),
        cutoff.cutoff_time,
        cutoff.timezone
      )
    end as overdue_at
  from jobs.agency_cutoffs(now()) as cutoff
  join public.agencies as agency
    on agency.id = cutoff.agency_id
  join public.payment_plans as plan
    on plan.agency_id = agency.id
  join public.installments as installment
    on installment.payment_plan_id = plan.id
  -- As text, because an adopter's enum may lack one of them.
  where installment.status::text in ('pending', 'partial', 'overdue');

  revoke all on table public.installments_due
    from public, anon, authenticated, service_role;
  grant select on table public.installments_due to authenticated, service_role;

  comment on view public.installments_due is
    'Every open installment (pending, partial, overdue) as of now() in its agency''s own calendar. '
    'security_invoker: callers see the installments that the policies let them see.';
  comment on column public.installments_due.agency_local_date is
    'Today''s date where the agency is.';
  comment on column public.installments_due.is_due_soon is
    'Pending on an active plan, not overdue yet, and due within the agency''s due_soon_threshold_days. That includes what '
    'is due already and still in its grace.';
  comment on column public.installments_due.is_overdue_now is
    'Marked overdue, or past its cut-off on an active plan. If it is pending, the next run will mark it; what is partly '
    'paid is overdue, too, and is never marked.';
  comment on column public.installments_due.overdue_at is
    'The first instant at which the agency''s rule makes it overdue, by the settings of today; null unless the plan is '
    'active.';

  insert into jobs.installed_objects (kind, name)
  values ('view', 'public.installments_due')
  on conflict do nothing;
end
$migration$;
