-- The domain: agencies, the roles of their people, payment plans, installments.
--
-- Why:       adopters bring these tables. Each is created only where it does
--            not exist, with its grants and policies; an existing table is left
--            as it is.
-- Locks:     nothing that exists.
-- Take back: supabase/rollbacks/main_job.sql drops those of these tables that
--            were created here and are still empty; data is never dropped.

do $migration$
begin
  if to_regclass('public.agencies') is null then
    create table public.agencies (
      id uuid not null default gen_random_uuid(),
      name text not null,
      timezone text not null default 'Australia/Brisbane',
      overdue_cutoff_time time not null default '17:00:00',
      due_soon_threshold_days int not null default 4,
      contact_email text,
      created_at timestamptz not null default now(),
      constraint agencies_pkey primary key (id),
      constraint agencies_overdue_cutoff_time_check
        check (overdue_cutoff_time between '00:00:00' and '23:59:59'),
      constraint agencies_due_soon_threshold_days_check
        check (due_soon_threshold_days between 1 and 30)
    );

    alter table public.agencies enable row level security;

    revoke all on table public.agencies
      from public, anon, authenticated, service_role;
    grant select on table public.agencies to authenticated;
    grant select, insert, update, delete on table public.agencies to service_role;

    comment on table public.agencies is
      'Education agencies. Each lives in its own time zone with its own daily cut-off.';

    insert into jobs.installed_objects (kind, name)
    values ('table', 'public.agencies');
  end if;

  if to_regclass('public.user_roles') is null then
    create table public.user_roles (
      id uuid not null default gen_random_uuid(),
      user_id uuid not null,
      role text not null,
      agency_id uuid,
      constraint user_roles_pkey primary key (id),
      constraint user_roles_user_role_agency_key
        unique nulls not distinct (user_id, role, agency_id),
      constraint user_roles_user_id_fkey
        foreign key (user_id) references auth.users (id) on delete cascade,
      constraint user_roles_agency_id_fkey
        foreign key (agency_id) references public.agencies (id) on delete cascade
    );

    create index user_roles_agency_id_idx
      on public.user_roles (agency_id);

    alter table public.user_roles enable row level security;

    revoke all on table public.user_roles
      from public, anon, authenticated, service_role;
    grant select on table public.user_roles to authenticated;
    grant select, insert, update, delete on table public.user_roles to service_role;

    create policy "Users can see their own roles"
      on public.user_roles
      for select
      to authenticated
      using (user_id = (select auth.uid()));

    comment on table public.user_roles is
      'Who may see what: members of an agency see its plans, the role admin sees every agency and the job log.';
    comment on column public.user_roles.role is
      'admin, who sees every agency and the job log, or any role that an agency gives its people.';
    comment on column public.user_roles.agency_id is
      'The agency of a member; of no meaning for an admin.';

    insert into jobs.installed_objects (kind, name)
    values ('table', 'public.user_roles');
  end if;

  if to_regclass('public.payment_plans') is null then
    create table public.payment_plans (
      id uuid not null default gen_random_uuid(),
      agency_id uuid not null,
      student_name text,
      course_name text,
      total_amount numeric(12, 2),
      currency text not null default 'AUD',
      status text not null default 'draft',
      created_at timestamptz not null default now(),
      constraint payment_plans_pkey primary key (id),
      constraint payment_plans_agency_id_fkey
        foreign key (agency_id) references public.agencies (id),
      constraint payment_plans_status_check
        check (status in ('draft', 'active', 'completed', 'cancelled')),
      constraint payment_plans_currency_check
        check (currency ~ '^[A-Z]{3}$')
    );

    create index payment_plans_agency_id_idx
      on public.payment_plans (agency_id);

    alter table public.payment_plans enable row level security;

    revoke all on table public.payment_plans
      from public, anon, authenticated, service_role;
    grant select on table public.payment_plans to authenticated;
    grant select, insert, update, delete on table public.payment_plans to service_role;

    comment on table public.payment_plans is
      'A course sold on installments. Only installments of active plans become overdue.';
    comment on column public.payment_plans.currency is
      'ISO 4217 code of every amount of the plan.';

    insert into jobs.installed_objects (kind, name)
    values ('table', 'public.payment_plans');
  end if;

  if to_regclass('public.installments') is null then
    create table public.installments (
      id uuid not null default gen_random_uuid(),
      payment_plan_id uuid not null,
      amount numeric(12, 2) not null,
      student_due_date date not null,
      status text not null default 'draft',
      paid_at timestamptz,
      created_at timestamptz not null default now(),
      constraint installments_pkey primary key (id),
      constraint installments_payment_plan_id_fkey
        foreign key (payment_plan_id) references public.payment_plans (id),
      constraint installments_amount_check
        check (amount > 0),
      constraint installments_status_check
        check (status in ('draft', 'pending', 'overdue', 'paid', 'partial', 'cancelled'))
    );

    create index installments_payment_plan_id_idx
      on public.installments (payment_plan_id);

    alter table public.installments enable row level security;

    revoke all on table public.installments
      from public, anon, authenticated, service_role;
    grant select on table public.installments to authenticated;
    grant select, insert, update, delete on table public.installments to service_role;

    comment on table public.installments is
      'Installments of payment plans. The daily job turns pending into overdue.';
    comment on column public.installments.student_due_date is
      'A date in the calendar of the plan''s agency, not of the server or the session.';

    insert into jobs.installed_objects (kind, name)
    values ('table', 'public.installments');
  end if;
end
$migration$;

-- What is needed of tables that were there before, said in one sentence.
do $migration$
declare
  missing text;
begin
  select string_agg(needed.table_name || '.' || needed.column_name, ', ')
  into missing
  from (
    values
      ('agencies', 'id'),
      ('agencies', 'name'),
      ('user_roles', 'user_id'),
      ('user_roles', 'role'),
      ('payment_plans', 'id'),
      ('payment_plans', 'agency_id'),
      ('payment_plans', 'status'),
      ('installments', 'id'),
      ('installments', 'payment_plan_id'),
      ('installments', 'amount'),
      ('installments', 'student_due_date'),
      ('installments', 'status')
  ) as needed (table_name, column_name)
  where not exists (
    select 1
    from pg_catalog.pg_attribute as present
    where present.attrelid = to_regclass('public.' || needed.table_name)
      and present.attname = needed.column_name
      and not present.attisdropped
  );

  if missing is not null then
    raise exception 'columns are missing: %', missing
      using hint = 'docs/how-to/install.md lists what the tables need to have.';
  end if;
end
$migration$;

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
