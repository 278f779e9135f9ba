create function public.find_installments(
  search text,
  max_count int default 20
)
returns jsonb
language plpgsql
stable
set search_path = ''
set jit = off
as $function$
declare
  wanted text := lower(btrim(find_installments.search));
  wanted_count constant int := least(greatest(coalesce(find_installments.max_count, 20), 1), 100);
  max_plans constant int := 1000;
  installment_ids uuid[] := array[]::uuid[];
  plans uuid[] := array[]::uuid[];
  by_student boolean := true;
  found_rows jsonb;
begin
  if wanted ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    installment_ids := array[wanted::uuid];
    -- No student is called that.
    wanted := '';
  end if;

  begin
    -- No index helps a part of a name. So the search reads one column of the plans,
    -- and ends when more match than anybody would read. The column is named when it
    -- runs: a project's plans may lack it, and its linter would say so.
    execute format(
      $query$
        select array(
          select plan.id
          from public.payment_plans as plan
          where length($1) >= 2
            and strpos(lower(plan.%I::text), $1) > 0
          limit $2
        )
      $query$,
      'student_name'
    )
    into plans
    using wanted, max_plans + 1;
  exception
    when undefined_column then
      by_student := false;
  end;

  found_rows := (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'installmentId', listed.id,
          'studentName', listed.plan_attributes ->> 'student_name',
          'courseName', listed.plan_attributes ->> 'course_name',
          'agencyId', listed.agency_id,
          'agencyName', listed.agency_name,
          'amount', listed.amount,
          'currency', listed.plan_attributes ->> 'currency',
          'dueDate', listed.student_due_date,
          'status', listed.status,
          'planStatus', listed.plan_status
        )
        order by listed.is_overdue desc, listed.student_due_date desc, listed.id
      ),
      '[]'
    )
    from (
      select
        installment.id,
        installment.amount,
        installment.student_due_date,
        installment.status::text as status,
        installment.status::text = 'overdue' as is_overdue,
        plan.status::text as plan_status,
        to_jsonb(plan.*) as plan_attributes,
        agency.id as agency_id,
        agency.name::text as agency_name
      from (
        select by_id.id
        from public.installments as by_id
        where by_id.id = any (installment_ids)
        union
        select of_plan.id
        from public.installments as of_plan
        where of_plan.payment_plan_id = any (plans)
      ) as matching
      join public.installments as installment
        on installment.id = matching.id
      join public.payment_plans as plan
        on plan.id = installment.payment_plan_id
      join public.agencies as agency
        on agency.id = plan.agency_id
      order by
        installment.status::text = 'overdue' desc,
        installment.student_due_date desc,
        installment.id
      limit wanted_count + 1
    ) as listed
  );

  return jsonb_build_object(
    'installments', case
      when jsonb_array_length(found_rows) > wanted_count then found_rows - wanted_count
      else found_rows
    end,
    'complete', cardinality(plans) <= max_plans and jsonb_array_length(found_rows) <= wanted_count,
    'byStudent', by_student
  );
end
$function$;

revoke all on function public.find_installments(text, int)
  from public, anon, authenticated, service_role;
grant execute on function public.find_installments(text, int)
  to authenticated, service_role;

comment on function public.find_installments(text, int) is
  'Installments by their whole id, or by a part of the student''s name (two characters or more), for the dashboard: at most '
  'max_count (default 20, from 1 to 100), overdue ones first, then the latest due date. Callers see what the policies let '
  'them see. For a name, it reads the names of the plans that the caller may see, and stops at 1,000 that match. '
  'complete: whether all that match are listed. byStudent: false where the plans have no column student_name, so that only '
  'an id finds something. '
  'Returns {installments: [{installmentId, studentName, courseName, agencyId, agencyName, amount, currency, dueDate, status, '
  'planStatus}], complete, byStudent}.';
