import { equal, ok } from "node:assert/strict";
import { join } from "node:path";
import {
  columnName,
  readNameMap,
  tableSql,
} from "../duewatch/names/name_map.ts";
import { readPackage } from "../duewatch/names/package_sources.ts";
import { renderSql } from "../duewatch/names/render.ts";
import { identifier } from "../duewatch/names/tokens.ts";
import { run } from "../stack/command.ts";
import {
  EVERY_NAME,
  EVERY_NAME_MAP,
  EVERY_NAME_RIGHTS,
} from "./foreign/every_name.ts";
import { install } from "./foreign/journey.ts";
import { push, withForeignProject } from "./foreign/project.ts";
import { withBarePlatform } from "./support/bare_platform.ts";
import { config } from "./support/stack.ts";

const SUPABASE = join(config.repoDir, "supabase");
const AREAS = [
  "installments/rule",
  "installments/marking",
  "installments/correction",
  "installments/due",
  "installments/explanation",
  "installments/following",
  "installments/ledger",
  "installments/overview",
  "installments/preview",
  "digest",
];

// A column that our view shows cannot be dropped, and is not renamed in it. A
// trigger of a project names its tables itself. Postgres counts the rows that were
// read of a table by its name. A statement for a person has the project's names.
const OF_OUR_NAMES =
  /\b(?:drop|rename) column\b|\bfrom payment_plans\b|rows_read|\bclock_statement\(/;

// A view has no statistics.
const ANALYZED = /(?<=\banalyze [^;]*)public\.(\w+)/g;

const ALTERED_COLUMN = /\b(alter table public\.(\w+)\s+alter column) (\w+)/g;

Deno.test("the rule, marking and the digest pass their tests where every table and column has another name", () =>
  withBarePlatform((stack, sql) =>
    withForeignProject(
      { "20250101000000_tables": EVERY_NAME },
      async (project) => {
        await push(project, stack);
        const options = Object.entries(EVERY_NAME_MAP)
          .flatMap(([ours, theirs]) => ["--map", `${ours}=${theirs}`]);
        const installed = await install({ project, stack, sql }, ...options);
        equal(installed.code, 0, installed.stdout + installed.stderr);
        await push(project, stack);
        await sql.unsafe(EVERY_NAME_RIGHTS).simple();

        const folder = await Deno.makeTempDir();
        try {
          // Tests include files of the schema, too.
          await render(SUPABASE, folder, "schemas");
          await render(SUPABASE, folder, "tests");
          const { code, stdout, stderr } = await run([
            "pg_prove",
            "--recurse",
            "--ext=.sql",
            ...AREAS,
          ], {
            cwd: join(folder, "tests"),
            env: {
              PGHOST: "127.0.0.1",
              PGPORT: String(stack.config.dbPort),
              PGUSER: "postgres",
              PGPASSWORD: "postgres",
              PGDATABASE: "postgres",
              PGOPTIONS: "-c statement_timeout=180s",
            },
          });
          equal(code, 0, stdout + stderr);
          const [, files, tests] = /Files=(\d+), Tests=(\d+)/.exec(stdout) ??
            [];
          ok(Number(files) >= 33 && Number(tests) >= 550, stdout);
        } finally {
          await Deno.remove(folder, { recursive: true });
        }
      },
    )
  ));

/** Writes a folder as the project's own migration is written. */
async function render(
  from: string,
  to: string,
  folder: string,
): Promise<void> {
  const { domain } = await readPackage(config.repoDir);
  const map = readNameMap(EVERY_NAME_MAP, domain);
  await Deno.mkdir(join(to, folder), { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(join(from, folder))) {
    const path = join(folder, name);
    if (isDirectory) {
      await render(from, to, path);
      continue;
    }
    const text = await Deno.readTextFile(join(from, path));
    if (!name.endsWith(".sql") || !OF_OUR_NAMES.test(text)) {
      const arranged = text.replace(
        ALTERED_COLUMN,
        (_, start, table, column) =>
          `${start} ${identifier(columnName(map, table, column))}`,
      ).replace(
        ANALYZED,
        (name, table) => map.has(table) ? tableSql(map, table) : name,
      );
      await Deno.writeTextFile(
        join(to, path),
        renderSql(arranged, map, domain),
      );
    }
  }
}
