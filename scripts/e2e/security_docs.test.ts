// Compares docs/reference/security.md with the catalogue and the functions.
import { deepEqual, equal, ok } from "node:assert/strict";
import {
  codeIn,
  type TableRow,
  tablesUnder,
} from "../check/markdown_tables.ts";
import { functionNames } from "../functions/catalog.ts";
import { callFunction } from "./support/call_function.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { readPage, readText } from "./support/pages.ts";
import { rolledBack } from "./support/rolled_back.ts";
import { config, keys } from "./support/stack.ts";
import { signIn } from "./support/users.ts";

const PATH = "docs/reference/security.md";
const page = await readText(PATH);

Deno.test("each function lets in those whom the page names, and refuses all others as it says", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const rows = tablesUnder(page, "Who can call a function")[0];
    deepEqual(
      rows.map((row) => codeIn(row.function)[0]).sort(),
      await functionNames(config.repoDir),
    );
    const credentials = await everyCredential(sql);
    deepEqual(Object.keys(rows[0]).slice(1), Object.keys(credentials));
    for (const row of rows) {
      const [name] = codeIn(row.function);
      for (const [who, headers] of Object.entries(credentials)) {
        equal(await answerTo(name, headers), row[who], `${name}, ${who}`);
      }
    }
    const [{ runs, actions }] = await sql`
      select
        (select count(*)::int from public.jobs_log) as runs,
        (select count(*)::int from jobs.actions where requested_by <> 'duewatch')
          as actions
    `;
    deepEqual({ runs, actions }, { runs: 0, actions: 0 });
  }));

type Headers = Readonly<Record<string, string>>;

async function everyCredential(
  sql: Database,
): Promise<Record<string, Headers>> {
  const { publishableKey, readKey, jobsApiKey, secretKey } = await keys();
  const user = await signIn(sql, { role: "finance" });
  const admin = await signIn(sql, { role: "admin" });
  return {
    "no credential": {},
    "publishable key": { apikey: publishableKey },
    "read key": { "X-API-Key": readKey },
    "job key": { "X-API-Key": jobsApiKey },
    "secret key": { apikey: secretKey },
    "signed-in user": { Authorization: `Bearer ${user}` },
    "signed-in admin": { Authorization: `Bearer ${admin}` },
  };
}

/** Asks for what a function refuses once it has let the caller in. */
async function answerTo(name: string, headers: Headers): Promise<string> {
  const isRead = ["check-job-health", "job-metrics", "job-logs"].includes(name);
  const { status } = await callFunction(
    name,
    isRead
      ? { headers, query: "?surprise=1" }
      : { method: "POST", headers, body: "[]" },
  );
  return status === 400 ? "yes" : String(status);
}

Deno.test("the page says what each role may do with each table and view", () =>
  withDatabase(async (sql) => {
    const listed = tablesUnder(page, "Who can do what in the database")[0]
      .map((row): TableRow => ({
        name: codeIn(row["table or view"])[0],
        anon: row["`anon`"],
        authenticated: row["`authenticated`"],
        service_role: row["`service_role`"],
      }));
    const held = await sql`
      select
        relation.relname as name,
        ${rights(sql, "anon")} as anon,
        ${rights(sql, "authenticated")} as authenticated,
        ${rights(sql, "service_role")} as service_role
      from pg_catalog.pg_class as relation
      where relation.relnamespace = 'public'::regnamespace
        and relation.relkind in ('r', 'v', 'm', 'p')
        and relation.relname not like 'pgtap%'
    `;
    const byName = (a: TableRow, b: TableRow) => a.name < b.name ? -1 : 1;
    deepEqual(
      listed.toSorted(byName),
      [...held].map((row) => ({ ...row }) as TableRow).toSorted(byName),
    );
  }));

function rights(sql: Database, role: string) {
  return sql`
    coalesce(
      (
        select string_agg(asked.word, ' ' order by asked.position)
        from unnest(array[
          'select', 'insert', 'update', 'delete', 'truncate', 'references',
          'trigger'
        ]) with ordinality as asked (word, position)
        where has_table_privilege(${role}, relation.oid, asked.word)
      ),
      '–'
    )
  `;
}

Deno.test("the page lists each function that a signed-in user may call, and none is for anon", () =>
  withDatabase(async (sql) => {
    const callable = (role: string) =>
      sql<{ name: string }[]>`
        select distinct routine.proname as name
        from pg_catalog.pg_proc as routine
        where routine.pronamespace = 'public'::regnamespace
          and has_function_privilege(${role}, routine.oid, 'execute')
        order by name
      `;
    const [, list] = /lets it see:\n\n([^]*?)\n\n/.exec(page) ?? [];
    deepEqual(
      codeIn(list),
      (await callable("authenticated")).map(({ name }) => name),
    );
    deepEqual([...await callable("anon")], []);
    const inPublic = await sql`
      select routine.proname
      from pg_catalog.pg_proc as routine
      where routine.pronamespace = 'public'::regnamespace
        and not has_function_privilege('service_role', routine.oid, 'execute')
    `;
    deepEqual([...inPublic], []);
    const schemas = await sql`
      select role.rolname
      from pg_catalog.pg_roles as role
      where role.rolname in ('anon', 'authenticated', 'service_role')
        and has_schema_privilege(role.oid, 'jobs', 'usage')
    `;
    deepEqual([...schemas], []);
  }));

Deno.test("the page says what metrics_reader may do", () =>
  withDatabase(async (sql) => {
    const [row] = tablesUnder(page, "Who can do what in the database")[1];
    equal(row.role, "`metrics_reader`");
    const callable = await sql`
      select 'jobs.' || routine.proname as name
      from pg_catalog.pg_proc as routine
      where routine.pronamespace = 'jobs'::regnamespace
        and has_function_privilege('metrics_reader', routine.oid, 'execute')
      order by name
    `;
    deepEqual(
      codeIn(row.may).filter((word) => word.startsWith("jobs.")),
      callable.map(({ name }) => name),
    );
    const [{ connections, settings }] = await sql`
      select rolconnlimit as connections, rolconfig as settings
      from pg_catalog.pg_roles
      where rolname = 'metrics_reader'
    `;
    ok(row.may.includes(`${connections} connections`));
    deepEqual(settings.toSorted(), [
      "default_transaction_read_only=on",
      "statement_timeout=15s",
    ]);
  }));

Deno.test("a user who is no admin corrects nothing, as the page says", () =>
  withDatabase((sql) =>
    rolledBack(sql, async (transaction) => {
      await transaction`
        select set_config(
          'request.jwt.claims',
          ${
        JSON.stringify({ sub: crypto.randomUUID(), role: "authenticated" })
      },
          true
        )
      `;
      await transaction`set local role authenticated`;
      const refused = await transaction`
        select public.correct_overdue(dry_run => false)
      `.then(() => null, (error) => error.code);
      equal(refused, "42501");
    })
  ));

Deno.test("the statements of the page run as they are written", () =>
  withDatabase((sql) =>
    rolledBack(sql, async (transaction) => {
      const { blocks } = await readPage(PATH);
      equal(blocks.length, 1);
      for (const { code } of blocks) await transaction.unsafe(code).simple();
    })
  ));
