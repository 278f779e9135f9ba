do $migration$
begin
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
