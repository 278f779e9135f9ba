do $migration$
begin
  if to_regclass('public.agencies') is null then
    create table public.agencies (
      id uuid not null default gen_random_uuid(),
      name text not null,
      timezone text not null default 'Australia/Brisbane',
      overdue_cutoff_time time not null default '17:00:00',
      due_soon_threshold_days int not null default 4,
      grace_days int not null default 0,
      closed_weekdays smallint[] not null default '{}',
      contact_email text,
      created_at timestamptz not null default now(),
      constraint agencies_pkey primary key (id),
      constraint agencies_overdue_cutoff_time_check
        check (overdue_cutoff_time between '00:00:00' and '23:59:59'),
      constraint agencies_due_soon_threshold_days_check
        check (due_soon_threshold_days between 1 and 30),
      constraint agencies_grace_days_check
        check (grace_days between 0 and 60),
      constraint agencies_closed_weekdays_check
        check (closed_weekdays <@ '{1,2,3,4,5,6,7}' and not closed_weekdays @> '{1,2,3,4,5,6,7}')
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
end
$migration$;
