import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { migrationsOf } from "../new_job/migrations.ts";
import { MIGRATIONS } from "../schemas/releases.ts";
import { statementsOf } from "../schemas/statements.ts";
import { ADOPTERS_DOMAIN } from "./support/adopters_domain.ts";
import { withBarePlatform } from "./support/bare_platform.ts";
import { differences, listCatalog } from "./support/catalog.ts";
import type { Database } from "./support/database.ts";
import { rolledBack, type Transaction } from "./support/rolled_back.ts";
import { config } from "./support/stack.ts";

const read = (...path: string[]) =>
  Deno.readTextFile(join(config.repoDir, ...path));

// What stands below an object and changes nothing that a rollback looks at.
const IS_DETAIL = /^(grant|revoke|comment) /;

Deno.test("a rollback restores the earlier catalog and data, at whatever statement the installation stopped", () =>
  withBarePlatform(async (_, sql, notices) => {
    const migrations = await Promise.all(
      (await migrationsOf(config.repoDir)).map((file) =>
        read(MIGRATIONS, file)
      ),
    );
    const statements = migrations.flatMap(statementsOf);
    const main = statements.findIndex((text) => text.includes("jobs_log ("));
    equal(main > 0, true);

    // An adopter's tables are changed, and on an empty project created, by the
    // statements before jobs_log.
    await everyRollback(sql, "select 1", statements.slice(0, main));
    await everyRollback(sql, ADOPTERS_DOMAIN, statements);

    for (const name of NAMES_OF_OTHERS) {
      await rolledBack(sql, async (transaction) => {
        await transaction.unsafe(name).simple();
        const before = await state(transaction);
        const refusal = await installUntilRefused(transaction, statements);
        match(refusal, /^these names are taken in this database: /);
        await transaction.unsafe(await rollback()).simple();
        deepEqual(differences(before, await state(transaction)), []);
      });
    }
    // Supabase's supautils makes an error of it: a trigger or policy that is
    // dropped "if exists" from a table that does not.
    deepEqual(notices.filter((text) => /^relation .* does not/.test(text)), []);
  }));

// What an adopter may have under a name that we give.
const NAMES_OF_OTHERS = [
  "create table public.jobs_log (id int)",
  `create function public.start_job_run(text, uuid, text, timestamptz, uuid)
   returns int language sql return 1`,
  "create table public.theirs (id int); " +
  "create index idx_jobs_log_status on public.theirs (id)",
  `${ADOPTERS_DOMAIN}
   create trigger check_agency_timezone before update on public.agencies
     for each row execute function public.touch()`,
];

/** Installs, one statement after the other, until one is refused. */
async function installUntilRefused(
  transaction: Transaction,
  statements: readonly string[],
): Promise<string> {
  for (const statement of statements) {
    await transaction`savepoint installed`;
    try {
      await transaction.unsafe(statement).simple();
    } catch (error) {
      await transaction`rollback to savepoint installed`;
      if (error instanceof postgres.PostgresError) return error.message;
      throw error;
    }
  }
  throw new Error("Nothing was refused.");
}

/** The rollback without its own transaction. */
async function rollback(): Promise<string> {
  return (await read("supabase", "rollbacks", "duewatch.sql"))
    .replace(/^(begin|commit);$/gm, "");
}

/** Installs, one statement after the other, and rolls back in between. */
async function everyRollback(
  sql: Database,
  arrange: string,
  statements: readonly string[],
): Promise<void> {
  const text = await rollback();
  await rolledBack(sql, async (transaction) => {
    await transaction.unsafe(arrange).simple();
    const before = await state(transaction);
    for (const [index, statement] of statements.entries()) {
      await transaction.unsafe(statement).simple();
      const isLast = index === statements.length - 1;
      if (IS_DETAIL.test(statement) && !isLast) continue;
      await transaction`savepoint installed`;
      await transaction.unsafe(text).simple();
      deepEqual(
        { statement, changed: differences(before, await state(transaction)) },
        { statement, changed: [] },
      );
      await transaction`rollback to savepoint installed`;
      await transaction`release savepoint installed`;
    }
  });
}

/** The catalog, and the rows of the domain. */
async function state(transaction: Transaction): Promise<string[]> {
  const [{ rows }] = await transaction`
    select coalesce(
      string_agg(
        query_to_xml(format('table %s', oid::regclass), true, true, '')::text,
        ''
      ),
      ''
    ) as rows
    from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r'
  `;
  return [...await listCatalog(transaction), rows];
}
