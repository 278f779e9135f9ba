create function jobs.overdue_against_rule(
  judgements jobs.agency_judgement[],
  only_not_past boolean,
  only_ids uuid[] default null
)
returns table (
  agency_id uuid,
  installment_id uuid,
  due_date date,
  is_active boolean
)
language plpgsql
stable
set search_path = ''
set random_page_cost = 1.1
set jit = off
as $function$
begin
  if not overdue_against_rule.only_not_past then
    -- Dynamic, so that it is planned for these agencies or installments. With casts,
    -- because an adopter's columns may be domains.
    return query execute
      $query$
        select
          judgement.agency_id,
          installment.id::uuid,
          installment.student_due_date::date,
          plan.status = 'active'
        from unnest($1) as judgement
        join public.payment_plans as plan
          on plan.agency_id = judgement.agency_id
        join public.installments as installment
          on installment.payment_plan_id = plan.id
        where installment.status = 'overdue'
          and (
            plan.status <> 'active'
            or installment.student_due_date >= judgement.overdue_before
          )
          and ($2 is null or installment.id = any ($2))
      $query$
    using overdue_against_rule.judgements, overdue_against_rule.only_ids;
    return;
  end if;

  return query execute
    $query$
      select
        plan.agency_id::uuid,
        installment.id::uuid,
        installment.student_due_date::date,
        plan.status = 'active'
      from public.installments as installment
      join public.payment_plans as plan
        on plan.id = installment.payment_plan_id
      join unnest($1) as judgement
        on judgement.agency_id = plan.agency_id
      where installment.status = 'overdue'
        and installment.student_due_date >= $2
        and installment.student_due_date >= judgement.overdue_before
    $query$
  using
    overdue_against_rule.judgements,
    (
      select min(judgement.overdue_before)
      from unnest(overdue_against_rule.judgements) as judgement
    );
end
$function$;

revoke all on function jobs.overdue_against_rule(jobs.agency_judgement[], boolean, uuid[])
  from public, anon, authenticated, service_role;

comment on function jobs.overdue_against_rule(jobs.agency_judgement[], boolean, uuid[]) is
  'Installments of the judged agencies that have the status overdue although the rule does not say so, also those that somebody '
  'else has marked: their plan is not active, or their due date is not past. '
  'only_not_past: only the latter, found by the index of overdue due dates, so that the cost does not follow how many are '
  'overdue. only_ids: only these.';
