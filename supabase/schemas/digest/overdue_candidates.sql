create view jobs.overdue_candidates
with (security_invoker = true)
as
select
  installment.id,
  installment.payment_plan_id,
  plan.agency_id,
  coalesce(installment.amount::numeric, 0) as amount,
  installment.student_due_date,
  installment.status = 'overdue' as is_marked
from public.installments as installment
join public.payment_plans as plan
  on plan.id = installment.payment_plan_id
where installment.status = 'overdue'
  -- As text, because an adopter's enum may lack it.
  or ((installment.status = 'pending' or installment.status::text = 'partial') and plan.status = 'active');

revoke all on table jobs.overdue_candidates
  from public, anon, authenticated, service_role;

comment on view jobs.overdue_candidates is
  'The installments that are overdue or will become overdue. One is overdue when it is marked, or when its '
  'student_due_date is before the overdue_before of its agency (jobs.agency_cutoffs()): the rule of '
  'public.installments_due at any instant. A missing amount counts as 0.';
comment on column jobs.overdue_candidates.is_marked is
  'Whether the main job has marked it. If not, it is pending or partly paid on an active plan.';
