import { deepEqual, equal, match } from "node:assert/strict";
import { firstMigration } from "../schemas/first_migration.ts";
import { readSources } from "../schemas/sources.ts";
import {
  migrate,
  rollBack,
  withBarePlatform,
} from "./support/bare_platform.ts";
import { differences, readCatalog } from "./support/catalog.ts";
import type { Database } from "./support/database.ts";
import { config } from "./support/stack.ts";

Deno.test("the migrations and supabase/schemas make the same catalog, and the manifest lists it", () =>
  withBarePlatform(async (stack, sql) => {
    await migrate(stack);
    const migrated = await readCatalog(stack, sql);
    deepEqual(await unlisted(sql), []);
    await sql`create table jobs.not_listed (id int)`;
    deepEqual(await unlisted(sql), ["table jobs.not_listed"]);
    await sql`drop table jobs.not_listed`;

    await rollBack(sql);
    await sql.unsafe(firstMigration(await readSources(config.repoDir)))
      .simple();
    deepEqual(differences(migrated, await readCatalog(stack, sql)), []);

    await sql`grant select on public.jobs_log to anon`;
    await sql`comment on function jobs.version() is 'Changed'`;
    const changed = differences(migrated, await readCatalog(stack, sql))
      .filter((line) => line.startsWith("+"));
    equal(changed.length, 2);
    match(changed.join("\n"), /GRANT SELECT ON TABLE public\.jobs_log TO anon/);
    match(changed.join("\n"), /IS 'Changed'/);
  }));

/** Objects of an installation on an empty project that the manifest lacks. */
async function unlisted(sql: Database): Promise<string[]> {
  const rows = await sql`
    with listed (id) as (
      select
        case
          when kind = 'function' then name::regprocedure::oid
          when kind = 'type' then (
            select typrelid from pg_type where oid = name::regtype
          )
          when kind = 'trigger' then (
            select oid from pg_trigger
            where tgrelid = parent::regclass and tgname = name
          )
          when kind = 'policy' then (
            select oid from pg_policy
            where polrelid = parent::regclass and polname = name
          )
          when kind <> 'schema' then name::regclass::oid
        end
      from jobs.manifest()
    ),
    relations as (
      select oid as id, relkind
      from pg_class
      where relnamespace::regnamespace::text in ('public', 'jobs')
        and oid not in (
          select name::regclass
          from jobs.installed_objects
          where kind in ('table', 'view', 'index')
        )
    ),
    present (catalog, id) as (
      select 'pg_class'::regclass, id from relations where relkind in ('r', 'v', 'c')
      union all
      select 'pg_class'::regclass, indexrelid
      from pg_index
      where indrelid in (select id from relations)
        and indexrelid not in (select conindid from pg_constraint)
      union all
      select 'pg_proc'::regclass, oid
      from pg_proc
      where pronamespace::regnamespace::text in ('public', 'jobs')
      union all
      select 'pg_trigger'::regclass, pg_trigger.oid
      from pg_trigger
      join pg_class on pg_class.oid = tgrelid
      where not tgisinternal
        and relnamespace::regnamespace::text in ('public', 'jobs')
      union all
      select 'pg_policy'::regclass, oid
      from pg_policy
      where polrelid in (select id from relations)
    )
    select pg_describe_object(present.catalog, present.id, 0) as object
    from present
    where present.id not in (select id from listed where id is not null)
    order by 1
  `;
  return rows.map(({ object }) => object);
}
