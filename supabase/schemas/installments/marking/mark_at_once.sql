create function jobs.mark_at_once(
  row_pointers tid[],
  ids uuid[],
  due_before date
)
returns void
language plpgsql
set search_path = ''
-- Locking beforehand would write every row twice. Instead, a row that another
-- session holds ends the attempt.
set lock_timeout = '1ms'
-- The update goes by the physical rows it is given, however many they are.
set random_page_cost = 1.1
set plan_cache_mode = force_custom_plan
set jit = off
as $function$
declare
  changed_count int;
begin
  -- Adopters' triggers expect the path that the Data API gives them.
  perform set_config('search_path', 'public, extensions', true);

  -- The conditions are for a row that was changed since it was picked.
  if jobs.row_pointers_are_shared() then
    update public.installments as installment
    set status = 'overdue'
    where installment.ctid = any (mark_at_once.row_pointers)
      and installment.id = any (mark_at_once.ids)
      and installment.status = 'pending'
      and installment.student_due_date < mark_at_once.due_before;
  else
    update public.installments as installment
    set status = 'overdue'
    where installment.ctid = any (mark_at_once.row_pointers)
      and installment.status = 'pending'
      and installment.student_due_date < mark_at_once.due_before;
  end if;

  get diagnostics changed_count = row_count;

  if changed_count <> cardinality(mark_at_once.ids)
    or (
      jobs.installments_have_triggers()
      and exists (
        select 1
        from public.installments as installment
        where installment.id = any (mark_at_once.ids)
          and installment.status <> 'overdue'
      )
    )
  then
    raise exception 'not every row was marked';
  end if;
end
$function$;

revoke all on function jobs.mark_at_once(tid[], uuid[], date)
  from public, anon, authenticated, service_role;

comment on function jobs.mark_at_once(tid[], uuid[], date) is
  'Marks picked installments overdue in one update. Raises when a row is held by another session, has changed since it '
  'was picked, or is not overdue afterwards: then the caller has to go agency by agency.';
