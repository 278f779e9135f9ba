create function jobs.has_pending(
  due_from date,
  due_before date
)
returns boolean
language plpgsql
stable
set search_path = ''
set random_page_cost = 1.1
set jit = off
as $function$
begin
  -- Written like this, only the index has the order. As exists(), a plan that reads
  -- the table until it finds one looks cheap, and then it finds none.
  return (
    select installment.student_due_date
    from public.installments as installment
    where installment.status = 'pending'
      and installment.student_due_date >= has_pending.due_from
      and installment.student_due_date < has_pending.due_before
    order by installment.student_due_date
    limit 1
  ) is not null;
end
$function$;

revoke all on function jobs.has_pending(date, date)
  from public, anon, authenticated, service_role;

comment on function jobs.has_pending(date, date) is
  'Whether any pending installment is due in [due_from, due_before), of whatever plan. One look into the index.';
