import type postgres from "postgres";
import type { RunningStack } from "../../stack/stack.ts";
import { pgDump } from "./bare_platform.ts";
import type { Database } from "./database.ts";

/**
 * What two databases with the same objects have in common: a dump with grants
 * and comments, its statements sorted; pg_cron's entries, the registered jobs
 * and what was installed.
 *
 * The order of a table's columns does not count, because a column that a later
 * migration adds comes last. So nothing of ours may depend on it.
 */
export async function readCatalog(
  stack: RunningStack,
  sql: Database,
): Promise<string[]> {
  const dump = await pgDump(
    stack,
    "--schema-only",
    "--schema=public",
    "--schema=jobs",
  );
  const objects = dump.split(/^--\n-- Name: /m).map((object) =>
    object.replace(
      /^CREATE TABLE [^;]*;$/m,
      (table) => table.replaceAll(/,$/gm, "").split("\n").sort().join("\n"),
    ).trim()
  );
  const rows = await sql`
    select to_jsonb(entry) - 'jobid' - 'nodeport' as row from cron.job as entry
    union all
    select to_jsonb(definition) - 'created_at' - 'updated_at' - 'enabled_at'
    from jobs.definitions as definition
    union all
    select to_jsonb(installed) from jobs.installed_objects as installed
  `;
  return [
    ...objects.sort(),
    ...rows.map(({ row }) => JSON.stringify(row)).sort(),
  ];
}

/** What only one of two catalogs has: `-` the first, `+` the second. */
export function differences(
  first: readonly string[],
  second: readonly string[],
): string[] {
  return [
    ...first.filter((line) => !second.includes(line)).map((line) =>
      `- ${line}`
    ),
    ...second.filter((line) => !first.includes(line)).map((line) =>
      `+ ${line}`
    ),
  ];
}

/**
 * What a rollback has to restore, one line an object: fast enough to be read
 * hundreds of times.
 */
export async function listCatalog(
  sql: Database | postgres.ReservedSql,
): Promise<string[]> {
  const rows = await sql`
    with schemas (id) as (
      select oid
      from pg_namespace
      where nspname in ('public', 'jobs')
    )
    select concat_ws(' ', 'schema', nspname, array(select unnest(nspacl)::text order by 1), obj_description(oid)) as line
    from pg_namespace
    where oid not in (select oid from pg_namespace where nspname ~ '^pg_')
    union all
    select concat_ws(
      ' ', 'relation', oid::regclass, relkind, array(select unnest(relacl)::text order by 1), relrowsecurity,
      reloptions, obj_description(oid)
    )
    from pg_class
    where relnamespace in (select id from schemas)
    union all
    select concat_ws(
      ' ', 'column', attrelid::regclass, attname, atttypid::regtype, attnotnull,
      atthasdef, array(select unnest(attacl)::text order by 1), col_description(attrelid, attnum)
    )
    from pg_attribute
    where attrelid in (
        select oid from pg_class where relnamespace in (select id from schemas)
      )
      and attnum > 0
      and not attisdropped
    union all
    select concat_ws(
      ' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)
    )
    from pg_constraint
    where connamespace in (select id from schemas)
    union all
    select concat_ws(' ', 'index', pg_get_indexdef(indexrelid))
    from pg_index
    where indrelid in (
      select oid from pg_class where relnamespace in (select id from schemas)
    )
    union all
    select concat_ws(
      ' ', 'function', oid::regprocedure, array(select unnest(proacl)::text order by 1), md5(pg_get_functiondef(oid)),
      obj_description(oid)
    )
    from pg_proc
    where pronamespace in (select id from schemas) and prokind = 'f'
    union all
    select concat_ws(' ', 'trigger', pg_get_triggerdef(oid), tgenabled)
    from pg_trigger
    where not tgisinternal
      and tgrelid in (
        select oid from pg_class where relnamespace in (select id from schemas)
      )
    union all
    select to_jsonb(pg_policies)::text
    from pg_policies
    union all
    select concat_ws(' ', 'type', oid::regtype, typacl)
    from pg_type
    where typnamespace in (select id from schemas)
    union all
    select (to_jsonb(entry) - 'jobid' - 'nodeport')::text
    from cron.job as entry
    union all
    select concat_ws(' ', 'role', rolname)
    from pg_roles
    union all
    select concat_ws(' ', 'setting', setdatabase, setrole::regrole, setconfig)
    from pg_db_role_setting
    order by line
  `;
  return rows.map(({ line }) => line);
}
