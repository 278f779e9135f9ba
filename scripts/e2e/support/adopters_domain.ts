/**
 * A domain as an adopter may have it: fewer columns, enums instead of checks,
 * objects of their own all around.
 */
export const ADOPTERS_DOMAIN = `
  create type public.plan_state as enum ('draft', 'active', 'completed', 'cancelled');
  create type public.installment_state as enum (
    'draft', 'pending', 'overdue', 'paid', 'partial', 'cancelled'
  );
  create table public.agencies (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    timezone text default 'UTC',
    contact_email text
  );
  comment on column public.agencies.timezone is 'Where they are';
  create table public.user_roles (user_id uuid not null, role text not null);
  create table public.payment_plans (
    id uuid primary key default gen_random_uuid(),
    agency_id uuid not null references public.agencies,
    status public.plan_state not null
  );
  create table public.installments (
    id uuid primary key default gen_random_uuid(),
    payment_plan_id uuid not null references public.payment_plans,
    amount numeric not null,
    student_due_date date not null,
    status public.installment_state not null,
    touched int not null default 0
  );
  alter table public.agencies enable row level security;
  alter table public.user_roles enable row level security;
  grant select on public.user_roles to authenticated;
  create policy "Own roles" on public.user_roles for select to authenticated
    using (user_id = (select auth.uid()));
  alter table public.payment_plans enable row level security;
  alter table public.installments enable row level security;
  create function public.touch() returns trigger language plpgsql as $$
    begin new.touched := old.touched + 1; return new; end $$;
  create trigger touch before update on public.installments
    for each row execute function public.touch();
  create view public.overdue_of_ours as
    select * from public.installments where status = 'overdue';
  select cron.schedule('job-of-ours', '0 3 * * *', 'select 1');

  with agency as (
    insert into public.agencies (name, timezone)
    values ('Kept', 'Asia/Kathmandu')
    returning id
  ),
  plan as (
    insert into public.payment_plans (agency_id, status)
    select id, 'active' from agency
    returning id
  )
  insert into public.installments (payment_plan_id, amount, student_due_date, status)
  select id, 12.5, current_date - 5, 'pending' from plan, generate_series(1, 20);
`;
