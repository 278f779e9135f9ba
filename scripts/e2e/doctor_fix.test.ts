import { deepEqual, equal, match } from "node:assert/strict";
import { runDuewatch } from "../duewatch/testing/fake_runtime.ts";
import { withTestFolder } from "../duewatch/testing/folder.ts";
import { stackUrls } from "../stack/stack.ts";
import { migrate, withBarePlatform } from "./support/bare_platform.ts";
import type { Database } from "./support/database.ts";

/** Asks whether a role may do something with a table or a function. */
async function may(
  sql: Database,
  role: string,
  privilege: string,
  object: string,
): Promise<boolean> {
  const kind = object.endsWith(")") ? "function" : "table";
  const [{ held }] = await sql.unsafe(
    `select has_${kind}_privilege($1, $2, $3) as held`,
    [role, object, privilege],
  );
  return held;
}

const HEALTH = "public.get_job_health(timestamptz,boolean,boolean)";

Deno.test("doctor --fix gives Duewatch's objects their privileges back, and leaves what an adopter decided", () =>
  withBarePlatform((stack, sql) =>
    withTestFolder(async (folder) => {
      await migrate(stack);
      const fix = () =>
        runDuewatch([
          "doctor",
          folder.dir,
          "--fix",
          "--db-url",
          stackUrls(stack.config).databaseUrl,
        ]);
      const [{ start }] = await sql`
        select p.oid::regprocedure::text as start
        from pg_proc as p
        where p.oid::regproc::text = 'start_job_run'
      `;
      await sql.unsafe(`
        -- Decisions of the adopter, on their own tables and with their own role.
        create role reporting nologin;
        create table public.invoices (id int);
        grant select on public.invoices to anon, reporting;
        revoke select on public.user_roles from authenticated;
        grant select on public.agencies to metrics_reader;
        grant execute on function ${HEALTH} to reporting;
        -- A table of theirs in the place of a view of ours.
        drop view public.installments_aging cascade;
        create table public.installments_aging (id int);
        grant select on public.installments_aging to anon;
        -- Faults.
        grant select on public.jobs_log to anon;
        grant execute on function ${HEALTH} to public;
        revoke execute on function ${start} from service_role;
        revoke usage on schema jobs from metrics_reader;
      `).simple();

      const { output } = await fix();
      match(output, /Repaired: A role can do too much or too little with the/);
      match(
        output,
        /Not repaired: .*installments_aging is not as Duewatch made/,
      );
      const now = async () => ({
        ours: [
          await may(sql, "anon", "select", "public.jobs_log"),
          await may(sql, "anon", "execute", HEALTH),
          await may(sql, "service_role", "execute", start),
          (await sql`select has_schema_privilege('metrics_reader', 'jobs', 'usage') as held`)[
            0
          ].held,
        ],
        theirs: [
          await may(sql, "anon", "select", "public.invoices"),
          await may(sql, "reporting", "select", "public.invoices"),
          await may(sql, "authenticated", "select", "public.user_roles"),
          await may(sql, "metrics_reader", "select", "public.agencies"),
          await may(sql, "reporting", "execute", HEALTH),
          await may(sql, "anon", "select", "public.installments_aging"),
        ],
      });
      const right = {
        ours: [false, false, true, true],
        theirs: [true, true, false, true, true, true],
      };
      deepEqual(await now(), right, output);

      // A role that somebody has removed does not come back.
      await sql.unsafe(
        "grant metrics_reader to postgres; drop owned by metrics_reader; drop role metrics_reader;",
      ).simple();
      await sql.unsafe("grant select on public.jobs_log to anon").simple();
      await fix();
      const [{ roles }] = await sql`
        select count(*)::int as roles from pg_roles where rolname = 'metrics_reader'
      `;
      equal(roles, 0);
      equal(await may(sql, "anon", "select", "public.jobs_log"), false);

      // A check that somebody has written into the project's own verify.sql.
      await folder.write(
        "duewatch/verify.sql",
        `select *
        from (values
          (
            'the right roles can use table public.invoices, and no others', false,
            'revoke select on table public.invoices from anon;'
          ),
          ('one', false, 'select jobs.schedule_supervision(); drop table public.invoices;'),
          ('two', false, 'grant select on table public.invoices to public;'),
          ('three', false, 'alter table public.invoices enable trigger x; drop table public.invoices;')
        ) as report ("check", ok, what_to_do)`,
      );
      const hostile = await fix();
      equal(hostile.exitCode, 1);
      match(
        hostile.output,
        /Not repaired: .*public\.invoices is not as Duewatch/,
      );
      equal(await may(sql, "anon", "select", "public.invoices"), true);
      equal(
        await may(sql, "authenticated", "select", "public.invoices"),
        false,
      );
    })
  ));
