-- Policies come after all tables, because they look into user_roles.
do $migration$
declare
  created text[] := array(
    select installed.name
    from jobs.installed_objects as installed
    where installed.kind = 'table'
  );
begin
  if 'public.agencies' = any (created) then
    create policy "Members can see their agency and admins all of them"
      on public.agencies
      for select
      to authenticated
      using (
        exists (
          select 1
          from public.user_roles as membership
          where membership.user_id = (select auth.uid())
            and (membership.role = 'admin' or membership.agency_id = agencies.id)
        )
      );
  end if;

  if 'public.payment_plans' = any (created) then
    create policy "Members can see plans of their agency and admins all of them"
      on public.payment_plans
      for select
      to authenticated
      using (
        exists (
          select 1
          from public.user_roles as membership
          where membership.user_id = (select auth.uid())
            and (membership.role = 'admin' or membership.agency_id = payment_plans.agency_id)
        )
      );
  end if;

  if 'public.installments' = any (created) then
    create policy "Those who can see a plan can see its installments"
      on public.installments
      for select
      to authenticated
      using (
        exists (
          select 1
          from public.payment_plans as plan
          where plan.id = installments.payment_plan_id
        )
      );
  end if;
end
$migration$;
