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
    local.at::date as agency_local_date,
    (
      installment.status = 'pending'
      and plan.status = 'active'
      and not local.past_cutoff
      and installment.student_due_date <= local.at::date + agency.due_soon_threshold_days
    ) as is_due_soon,
    (
      installment.status = 'overdue'
      or (
        installment.status = 'pending'
        and plan.status = 'active'
        and local.past_cutoff
      )
    ) as is_overdue_now
  from public.installments as installment
  join public.payment_plans as plan
    on plan.id = installment.payment_plan_id
  join public.agencies as agency
    on agency.id = plan.agency_id
  cross join lateral (
    select now() at time zone case agency.timezone
      -- AT TIME ZONE reads these as abbreviations, which have no summer time.
      when 'CET' then 'Europe/Brussels'
      when 'MET' then 'Europe/Brussels'
      when 'EET' then 'Europe/Athens'
      when 'WET' then 'Atlantic/Faroe'
      else agency.timezone
    end as at
  ) as clock
  cross join lateral (
    select
      clock.at,
      installment.student_due_date
        < clock.at::date + (clock.at::time >= coalesce(agency.overdue_cutoff_time, '17:00'))::int
        as past_cutoff
  ) as local
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
    'Pending on an active plan, not past its cut-off, and due within the agency''s due_soon_threshold_days.';
  comment on column public.installments_due.is_overdue_now is
    'Marked overdue, or pending on an active plan and past its cut-off, so that the next run will mark it.';

  insert into jobs.installed_objects (kind, name)
  values ('view', 'public.installments_due')
  on conflict do nothing;
end
$migration$;
