create function public.find_installments(
  search text,
  max_count int default 20
)
returns jsonb
language sql
stable
set search_path = ''
set jit = off
begin atomic
  with found as (
    select
      installment.id,
      installment.payment_plan_id
    from public.installments as installment
    where installment.id::text = lower(btrim(find_installments.search))
    union
    select
      installment.id,
      installment.payment_plan_id
    from public.payment_plans as plan
    join public.installments as installment
      on installment.payment_plan_id = plan.id
    where length(btrim(find_installments.search)) >= 2
      -- Read as JSON, because an adopter's plans may lack the column.
      and strpos(lower(to_jsonb(plan.*) ->> 'student_name'), lower(btrim(find_installments.search))) > 0
  ),
  page as (
    select
      installment.id,
      installment.amount,
      installment.student_due_date,
      installment.status::text as status,
      plan.status::text as plan_status,
      to_jsonb(plan.*) as plan_attributes,
      agency.id as agency_id,
      agency.name::text as agency_name
    from found
    join public.installments as installment
      on installment.id = found.id
    join public.payment_plans as plan
      on plan.id = installment.payment_plan_id
    join public.agencies as agency
      on agency.id = plan.agency_id
    order by
      installment.status::text = 'overdue' desc,
      installment.student_due_date desc,
      installment.id
    limit least(greatest(coalesce(find_installments.max_count, 20), 1), 100)
  )
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'installmentId', page.id,
        'studentName', page.plan_attributes ->> 'student_name',
        'courseName', page.plan_attributes ->> 'course_name',
        'agencyId', page.agency_id,
        'agencyName', page.agency_name,
        'amount', page.amount,
        'currency', page.plan_attributes ->> 'currency',
        'dueDate', page.student_due_date,
        'status', page.status,
        'planStatus', page.plan_status
      )
      order by page.status = 'overdue' desc, page.student_due_date desc, page.id
    ),
    '[]'
  )
  from page;
end;

revoke all on function public.find_installments(text, int)
  from public, anon, authenticated, service_role;
grant execute on function public.find_installments(text, int)
  to authenticated, service_role;

comment on function public.find_installments(text, int) is
  'Installments by their whole id, or by a part of the student''s name (two characters or more), for the dashboard: at most '
  'max_count (default 20, from 1 to 100), overdue ones first, then the latest due date. Callers see what the policies let '
  'them see. It reads the plans of every agency that the caller may see. '
  'Returns an array of {installmentId, studentName, courseName, agencyId, agencyName, amount, currency, dueDate, status, '
  'planStatus}.';
