create table jobs.installed_objects (
  kind text not null,
  name text not null,
  constraint installed_objects_pkey primary key (kind, name),
  constraint installed_objects_kind_check
    check (kind in ('table', 'view', 'column', 'comment', 'constraint', 'index', 'role'))
);

alter table jobs.installed_objects enable row level security;

revoke all on table jobs.installed_objects
  from public, anon, authenticated, service_role;

comment on table jobs.installed_objects is
  'What the migrations added only because it was missing, as opposed to what an adopter had already. '
  'The rollback removes exactly these, and what jobs.manifest() lists. Written by migrations only.';
comment on column jobs.installed_objects.kind is
  'table, view, column, comment (of a column), constraint, index or role.';
comment on column jobs.installed_objects.name is
  'Qualified name: schema.table, or schema.table.name for a column, comment or constraint.';
