do $migration$
begin
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
end
$migration$;
