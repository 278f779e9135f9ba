create function public.explain_installment(
  installment_id uuid,
  as_of timestamptz default now()
)
returns jsonb
language sql
stable
set search_path = ''
begin atomic
  select jobs.installment_explanation(
    as_of => jobs.checked_settings(explain_installment.as_of, null, null, null),
    installment_id => installment.id,
    status => installment.status::text,
    due_date => installment.student_due_date,
    plan_status => plan.status::text,
    agency_id => agency.id
  )
  from public.installments as installment
  join public.payment_plans as plan
    on plan.id = installment.payment_plan_id
  join public.agencies as agency
    on agency.id = plan.agency_id
  where installment.id = explain_installment.installment_id;
end;

revoke all on function public.explain_installment(uuid, timestamptz)
  from public, anon, authenticated, service_role;
grant execute on function public.explain_installment(uuid, timestamptz)
  to authenticated, service_role;

comment on function public.explain_installment(uuid, timestamptz) is
  'Why an installment is overdue at as_of (default now()), or when it will be, or why never, by the agency''s settings of '
  'today and in a sentence that can be forwarded. '
  'verdict: overdue (marked, or past its cut-off), correctable (marked, but not overdue by today''s rule), due_soon, '
  'not_yet, closed (paid or cancelled), not_active (a draft, or its plan is not active). '
  'Returns {installmentId, asOf, verdict, sentence, status, planStatus, dueDate, effectiveDueDate, overdueAt, agency: {id, '
  'name, timezone, localTime, cutoffTime, graceDays, closedWeekdays, dueSoonThresholdDays}, markedBy}. markedBy: {runId, at, '
  'asOf, dueDate} of the run that marked it, and the due date then. Null for an unknown id and for an installment that the '
  'caller may not see. '
  'Raises 22023 for an as_of that is no instant.';
