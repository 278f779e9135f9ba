-- Policies come after all tables, because they look into user_roles. What does not
-- depend on the row is a sub-query of its own, which is read once per query.
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
        (
          select exists (
            select 1
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
              and membership.role = 'admin'
          )
        )
        or id = any (
          array(
            select membership.agency_id
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
          )
        )
      );
  end if;

  if 'public.agency_closed_days' = any (created) then
    create policy "Those who can see an agency can see its closed days"
      on public.agency_closed_days
      for select
      to authenticated
      using (
        exists (
          select 1
          from public.agencies as agency
          where agency.id = agency_closed_days.agency_id
        )
      );

    create policy "Admins can add closed days"
      on public.agency_closed_days
      for insert
      to authenticated
      with check (
        (
          select exists (
            select 1
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
              and membership.role = 'admin'
          )
        )
      );

    create policy "Admins can change closed days"
      on public.agency_closed_days
      for update
      to authenticated
      using (
        (
          select exists (
            select 1
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
              and membership.role = 'admin'
          )
        )
      );

    create policy "Admins can remove closed days"
      on public.agency_closed_days
      for delete
      to authenticated
      using (
        (
          select exists (
            select 1
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
              and membership.role = 'admin'
          )
        )
      );
  end if;

  if 'public.payment_plans' = any (created) then
    create policy "Members can see plans of their agency and admins all of them"
      on public.payment_plans
      for select
      to authenticated
      using (
        (
          select exists (
            select 1
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
              and membership.role = 'admin'
          )
        )
        or agency_id = any (
          array(
            select membership.agency_id
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
          )
        )
      );
  end if;

  if 'public.installments' = any (created) then
    create policy "Those who can see a plan can see its installments"
      on public.installments
      for select
      to authenticated
      using (
        (
          select exists (
            select 1
            from public.user_roles as membership
            where membership.user_id = (select auth.uid())
              and membership.role = 'admin'
          )
        )
        or exists (
          select 1
          from public.payment_plans as plan
          where plan.id = installments.payment_plan_id
          -- A fence. To look up each plan by its id is cheaper than to read all.
          offset 0
        )
      );
  end if;
end
$migration$;
