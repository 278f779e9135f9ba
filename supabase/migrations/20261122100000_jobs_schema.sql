-- The private schema of the machinery, and a record of what was installed.
--
-- Why:       `jobs` is not exposed by the Data API, so nothing in it can be
--            reached with an API key. The extensions are those that the
--            schedule needs; on hosted Supabase `postgres` may create them.
-- Locks:     nothing that exists.
-- Take back: supabase/rollbacks/main_job.sql (the extensions stay: others may
--            use them by now).

create extension if not exists pg_cron;

create extension if not exists http
  with schema extensions;

do $migration$
begin
  if not exists (
    select 1
    from pg_catalog.pg_extension as extension
    where extension.extname = 'http'
      and extension.extnamespace = 'extensions'::regnamespace
  ) then
    raise exception 'the extension http is installed in another schema than extensions'
      using hint = 'alter extension http set schema extensions; or drop it and apply the migration again.';
  end if;
end
$migration$;

create schema jobs;

comment on schema jobs is
  'Private machinery of Duewatch: job definitions, dispatch, settings. Not exposed by the Data API.';

revoke all on schema jobs
  from public, anon, authenticated, service_role;

create table jobs.installed_objects (
  kind text not null,
  name text not null,
  constraint installed_objects_pkey primary key (kind, name),
  constraint installed_objects_kind_check
    check (kind in ('table', 'view', 'column', 'comment', 'constraint', 'index'))
);

alter table jobs.installed_objects enable row level security;

revoke all on table jobs.installed_objects
  from public, anon, authenticated, service_role;

comment on table jobs.installed_objects is
  'What the migrations added to the domain, as opposed to what an adopter had already. '
  'The rollback takes out exactly these. Written by migrations only.';
comment on column jobs.installed_objects.kind is
  'table, view, column, comment (of a column), constraint or index.';
comment on column jobs.installed_objects.name is
  'Qualified name: public.agencies, or public.agencies.timezone for a column, comment or constraint.';
