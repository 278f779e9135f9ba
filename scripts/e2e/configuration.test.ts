// Compares the columns in docs/reference/configuration.md with the catalogue.
import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import {
  codeIn,
  type TableRow,
  tablesUnder,
} from "../check/markdown_tables.ts";
import { type Database, withDatabase } from "./support/database.ts";
import { readPage, readText } from "./support/pages.ts";
import { rolledBack } from "./support/rolled_back.ts";

const PATH = "docs/reference/configuration.md";
const page = await readText(PATH);

interface Column {
  readonly type: string;
  /** As SQL; null for none. */
  readonly default: string | null;
  readonly isRequired: boolean;
}

/** The columns of a table, by name. */
async function columnsOf(
  sql: Database,
  table: string,
): Promise<Map<string, Column>> {
  const rows = await sql<({ name: string } & Column)[]>`
    select
      attribute.attname as name,
      case attribute.atttypid
        when 'time'::regtype then 'time'
        else format_type(attribute.atttypid, null)
      end as type,
      pg_get_expr(written.adbin, written.adrelid) as default,
      attribute.attnotnull and written.adbin is null as "isRequired"
    from pg_catalog.pg_attribute as attribute
    left join pg_catalog.pg_attrdef as written
      on written.adrelid = attribute.attrelid
      and written.adnum = attribute.attnum
    where attribute.attrelid = ${table}::regclass
      and attribute.attnum > 0
      and not attribute.attisdropped
  `;
  return new Map(rows.map(({ name, ...column }) => [name, column]));
}

const typeIn = ({ value }: TableRow) => value.split(",")[0];

/** Whether a default that the page writes is the one of the code. */
async function assertDefault(
  sql: Database,
  { type, default: expression, isRequired }: Column,
  written: string,
  name: string,
): Promise<void> {
  if (isRequired || expression === null || /^NULL\b/i.test(expression)) {
    equal(written.split(",")[0], isRequired ? "required" : "none", name);
    return;
  }
  const [text] = written.startsWith("`") ? codeIn(written) : [written];
  const [{ same }] = await sql.unsafe(
    `select (${expression})::${type} = $1::text::${type} as same`,
    [text],
  );
  ok(same, `${name}: ${written}, and the code has ${expression}`);
}

Deno.test("the page lists each column of a job with its type, and the defaults of jobs.register()", () =>
  withDatabase(async (sql) => {
    const rows = tablesUnder(page, "A job")[0];
    const columns = await columnsOf(sql, "jobs.definitions");
    // They are written by the database itself.
    for (
      const name of [
        "created_at",
        "enabled_at",
        "registered_interval",
        "registered_schedule",
      ]
    ) columns.delete(name);
    deepEqual(
      rows.map((row) => [codeIn(row.column)[0], typeIn(row)]).sort(),
      [...columns].map(([name, { type }]) => [name, type]).sort(),
    );
    const given = await sql<{ name: string; default: string | null }[]>`
      select
        argument.name,
        pg_get_function_arg_default(register.oid, argument.number::int) as default
      from pg_catalog.pg_proc as register
      cross join unnest(register.proargnames)
        with ordinality as argument (name, number)
      where register.oid = 'jobs.register'::regproc
    `;
    equal(given.length, rows.length);
    for (const { name, default: expression } of given) {
      const row = rows.find(({ column }) => column === `\`${name}\``);
      ok(row, name);
      // Both take the name of the job.
      if (["cron_job_name", "function_slug"].includes(name)) {
        equal(row.default, "`job_name`");
        continue;
      }
      await assertDefault(
        sql,
        {
          type: columns.get(name)?.type ?? "",
          default: expression,
          isRequired: expression === null,
        },
        row.default,
        name,
      );
    }
  }));

Deno.test("the page lists how the two jobs are registered", () =>
  withDatabase(async (sql) => {
    const jobs = ["update-installment-statuses", "weekly-overdue-digest"];
    for (const row of tablesUnder(page, "A job")[1]) {
      const [column] = codeIn(row.column);
      const isInterval = !["schedule", "cron_job_name", "due_check"]
        .includes(column);
      for (const job of jobs) {
        const cell = row[`\`${job}\``];
        const written = cell.startsWith("none")
          ? null
          : codeIn(cell)[0] ?? cell;
        const [{ isSame }] = await sql`
          select ${sql(column)} is not distinct from ${
          isInterval ? sql`${written}::interval` : sql`${written}::text`
        } as "isSame"
          from jobs.definitions
          where job_name = ${job}
        `;
        ok(isSame, `${column} of ${job}: ${cell}`);
      }
    }
  }));

Deno.test("the page lists the settings of all jobs", () =>
  withDatabase(async (sql) => {
    const listed: string[] = [];
    for (const row of tablesUnder(page, "For all jobs")[0]) {
      const [, table, name] = /^`(jobs\.\w+)\.(\w+)`$/.exec(row.setting) ?? [];
      const column = (await columnsOf(sql, table)).get(name);
      ok(column, row.setting);
      equal(column.type, typeIn(row), row.setting);
      // Rows of these are written by a person.
      if (!["schedule", "function_name"].includes(name)) {
        await assertDefault(sql, column, row.default, row.setting);
      }
      listed.push(`${table}.${name}`);
    }
    const [{ schedule }] = await sql`
      select pg_get_function_arg_default('jobs.enable_heartbeat'::regproc, 1)
        as schedule
    `;
    ok(page.includes(`off; \`${/^'(.*)'/.exec(schedule)?.[1]}\``), schedule);
    const tables = [
      "jobs.heartbeat",
      "jobs.ledger_settings",
      "jobs.retention_tasks",
    ];
    const own = ["name", "is_only_row", "task_name"];
    for (const table of tables) {
      for (const name of (await columnsOf(sql, table)).keys()) {
        if (own.includes(name)) continue;
        ok(listed.includes(`${table}.${name}`), `${table}.${name}`);
      }
    }
  }));

Deno.test("the page lists each column of an agency and of its closed days", () =>
  withDatabase(async (sql) => {
    const [agencies, closedDays] = tablesUnder(page, "Agencies");
    for (
      const { table, rows, without } of [
        {
          table: "public.agencies",
          rows: agencies,
          without: ["id", "name", "created_at"],
        },
        { table: "public.agency_closed_days", rows: closedDays, without: [] },
      ]
    ) {
      const columns = await columnsOf(sql, table);
      for (const name of without) columns.delete(name);
      deepEqual(
        rows.map((row) => [codeIn(row.column)[0], typeIn(row)]).sort(),
        [...columns].map(([name, { type }]) => [name, type]).sort(),
      );
      for (const row of rows) {
        const [name] = codeIn(row.column);
        const column = columns.get(name);
        ok(column, name);
        await assertDefault(sql, column, row.default, `${table}.${name}`);
      }
    }
  }));

Deno.test("a value outside the bounds of an agency's column is refused", () =>
  withDatabase(async (sql) => {
    const wrong: Readonly<Record<string, readonly string[]>> = {
      timezone: ["'Mars'"],
      overdue_cutoff_time: ["'24:00:00'"],
      due_soon_threshold_days: ["0", "31"],
      grace_days: ["-1", "61"],
      closed_weekdays: ["'{0}'", "'{8}'", "'{1,2,3,4,5,6,7}'"],
    };
    const insert = (column: string, value: string) =>
      rolledBack(sql, (transaction) =>
        transaction.unsafe(
          `insert into public.agencies (name, ${column}) values ('a', ${value})`,
        ));
    await insert("grace_days", "60");
    for (const [column, values] of Object.entries(wrong)) {
      for (const value of values) {
        await rejects(insert(column, value), `${column} = ${value}`);
      }
    }
  }));

Deno.test("the statements of the page run as they are written", () =>
  withDatabase((sql) =>
    rolledBack(sql, async (transaction) => {
      const { blocks } = await readPage(PATH);
      const statements = blocks.filter(({ language }) => language === "sql");
      equal(statements.length, 1);
      for (const { code } of statements) {
        await transaction.unsafe(
          code.replaceAll("<value>", "https://example.com"),
        ).simple();
      }
      const [{ value }] = await transaction`
        select decrypted_secret as value
        from vault.decrypted_secrets
        where name = 'runbook_url'
      `;
      equal(value, "https://example.com");
    })
  ));
