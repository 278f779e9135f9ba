do $migration$
begin
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
      'Which user may see what: members of an agency see its plans, the role admin sees every agency and the job log.';
    comment on column public.user_roles.role is
      'admin, which sees every agency and the job log, or any role of an agency''s own.';
    comment on column public.user_roles.agency_id is
      'The agency of a member; not used for an admin.';

    insert into jobs.installed_objects (kind, name)
    values ('table', 'public.user_roles');
  end if;
end
$migration$;
