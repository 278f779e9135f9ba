create function jobs.pick_overdue(
  due_from date,
  due_before date,
  agencies uuid[],
  batch_size int,
  locking boolean,
  out row_pointers tid[],
  out ids uuid[],
  out agency_ids uuid[],
  out due_dates date[],
  out due_until date
)
language plpgsql
set search_path = ''
-- At the default page cost the planner would read whole tables. A cache of plans
-- costs more than it saves where few due installments share a plan.
set random_page_cost = 1.1
set enable_memoize = off
set jit = off
as $function$
declare
  waits_in_vain boolean;
begin
  -- Pending installments of plans that have ended stay for ever, several of each
  -- plan. Where the oldest are mostly of that kind, a cache of plans is worth it.
  execute
    $query$
      select count(*) > 2 * count(*) filter (where plan.status = 'active')
      from (
        select installment.payment_plan_id
        from public.installments as installment
        where installment.status = 'pending'
          and installment.student_due_date >= $1
          and installment.student_due_date < $2
        order by installment.student_due_date
        limit 200
      ) as oldest
      join public.payment_plans as plan
        on plan.id = oldest.payment_plan_id
    $query$
  into waits_in_vain
  using pick_overdue.due_from, pick_overdue.due_before;

  if waits_in_vain then
    -- Ends with this function.
    set local enable_memoize = on;
  end if;

  -- Dynamic, so that it is planned for these dates and with or without locks.
  execute
    $query$
      select
        array_agg(due.row_pointer),
        array_agg(due.id),
        array_agg(due.agency_id),
        array_agg(due.student_due_date),
        max(due.student_due_date)
      from (
        select
          installment.ctid as row_pointer,
          installment.id,
          plan.agency_id,
          installment.student_due_date
        from public.installments as installment
        cross join lateral (
          select looked_up.agency_id
          from public.payment_plans as looked_up
          where looked_up.id = installment.payment_plan_id
            and looked_up.status = 'active'
          -- A fence. The planner does not know that most past dates are paid, and
          -- would read all plans for them.
          offset 0
        ) as plan
        where installment.status = 'pending'
          and installment.student_due_date >= $1
          and installment.student_due_date < $2
          and plan.agency_id = any ($3)
        order by installment.student_due_date
        limit $4
    $query$
    || case when pick_overdue.locking then 'for no key update of installment skip locked' else '' end
    || ') as due'
  into row_pointers, ids, agency_ids, due_dates, due_until
  using pick_overdue.due_from, pick_overdue.due_before, pick_overdue.agencies, pick_overdue.batch_size;
end
$function$;

revoke all on function jobs.pick_overdue(date, date, uuid[], int, boolean)
  from public, anon, authenticated, service_role;

comment on function jobs.pick_overdue(date, date, uuid[], int, boolean) is
  'Finds pending installments of active plans of these agencies, due in [due_from, due_before), oldest first, at most '
  'batch_size. With locking they are locked, and those that others hold are left out. '
  'Returns arrays of the same length (null for none) and the last due date among them.';
