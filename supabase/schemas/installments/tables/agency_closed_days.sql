do $migration$
begin
  if to_regclass('public.agency_closed_days') is null then
    create table public.agency_closed_days (
      agency_id uuid not null,
      day date not null,
      name text,
      constraint agency_closed_days_pkey primary key (agency_id, day),
      constraint agency_closed_days_agency_id_fkey
        foreign key (agency_id) references public.agencies (id) on delete cascade,
      constraint agency_closed_days_day_check
        check (day between '1900-01-01' and '9999-12-31')
    );

    alter table public.agency_closed_days enable row level security;

    revoke all on table public.agency_closed_days
      from public, anon, authenticated, service_role;
    grant select, insert, update, delete on table public.agency_closed_days
      to authenticated, service_role;

    comment on table public.agency_closed_days is
      'Days on which nothing becomes overdue at an agency, such as public holidays. What would become overdue then does so '
      'on the next day that is open. Who sees an agency sees its closed days; admins and service_role change them.';
    comment on column public.agency_closed_days.day is
      'A date in the agency''s own calendar.';
    comment on column public.agency_closed_days.name is
      'What the day is called, such as Christmas Day; null for nothing. explain_installment() says it.';

    insert into jobs.installed_objects (kind, name)
    values ('table', 'public.agency_closed_days');
  end if;
end
$migration$;

-- On an ordinary day nobody is closed, and a run finds that out in one look.
insert into jobs.installed_objects (kind, name)
select 'index', 'public.agency_closed_days_day_idx'
where to_regclass('public.agency_closed_days_day_idx') is null;

create index if not exists agency_closed_days_day_idx
  on public.agency_closed_days (day);
