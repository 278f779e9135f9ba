import { literal } from "../names/tokens.ts";

/** How `verify.sql` calls the check of what roles may do with an object. */
const CHECK =
  /^the right roles can use (?:function|schema|table) ([^$]+), and no others$/;

/** @returns the object whose privileges a check is about; null for others. */
export function objectOfCheck(check: string): string | null {
  return CHECK.exec(check)?.[1] ?? null;
}

/**
 * Writes the statement that gives roles on one object of Duewatch exactly what
 * Duewatch's own list of objects says. It is written from that list and from
 * the catalog, not from what a check proposes, so it never grants or revokes on
 * anything that is not on the list, that has become something else, or that
 * another role owns. Roles of the project's own keep what they have, and no
 * role is created.
 *
 * @param name of the object, as the list has it.
 */
export function restorePrivileges(name: string): string {
  return `
do $restore$
declare
  target constant text := ${literal(name)};
  installer constant oid := (select nspowner from pg_catalog.pg_namespace where nspname = 'jobs');
  listed record;
  present record;
  wrong record;
begin
  select object.kind, object.privileges into listed
  from jobs.manifest() as object
  where object.name = target and object.kind in ('schema', 'table', 'view', 'function');

  if listed.kind = 'schema' then
    select nspowner as owner, nspacl as acl, 'n'::"char" as type, 'schema ' || oid::regnamespace as name
    into present
    from pg_catalog.pg_namespace
    where oid = to_regnamespace(target);
  elsif listed.kind = 'function' then
    select proowner as owner, proacl as acl, 'f'::"char" as type, 'function ' || oid::regprocedure as name
    into present
    from pg_catalog.pg_proc
    where oid = to_regprocedure(target);
  else
    select relowner as owner, relacl as acl, 'r'::"char" as type, 'table ' || oid::regclass as name
    into present
    from pg_catalog.pg_class
    where oid = to_regclass(target)
      and relkind = case listed.kind when 'table' then 'r' else 'v' end;
  end if;
  if listed.kind is null or present.owner is distinct from installer then
    raise exception '% is not as Duewatch made it: another owner, or another kind of object. Its privileges stay as they are.', target;
  end if;

  for wrong in
    with wanted as (
      select split_part(text, ' ', 1) as role_name, split_part(text, ' ', 2) as privilege
      from unnest(listed.privileges) as text
    ),
    held as (
      select
        coalesce(role.rolname, 'public')::text collate "default" as role_name,
        lower(acl.privilege_type) collate "default" as privilege
      from aclexplode(coalesce(present.acl, acldefault(present.type, present.owner))) as acl
      left join pg_catalog.pg_roles as role
        on role.oid = acl.grantee
      where acl.grantee <> present.owner
        and coalesce(role.rolname, 'public')
          in ('public', 'anon', 'authenticated', 'service_role', 'metrics_reader')
    )
    select 'grant' as verb, 'to' as preposition, wanted.role_name, wanted.privilege
    from wanted
    where not exists (select 1 from held where (held.*) = (wanted.*))
      -- Somebody has removed the role: that was a decision.
      and to_regrole(wanted.role_name) is not null

    union all

    select 'revoke', 'from', held.role_name, held.privilege
    from held
    where not exists (select 1 from wanted where (wanted.*) = (held.*))
  loop
    execute format(
      '%s %s on %s %s %s',
      wrong.verb,
      wrong.privilege,
      present.name,
      wrong.preposition,
      case wrong.role_name when 'public' then 'public' else quote_ident(wrong.role_name) end
    );
  end loop;
end
$restore$`;
}
