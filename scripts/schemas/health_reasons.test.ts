// One word for each reason of the health report: its code names the function, the
// file, the test, the runbook page and the row of the reference.
import { deepEqual, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { REASONS } from "../../supabase/functions/_shared/alerts/message/reasons.ts";
import { readConfig } from "../stack/config.ts";
import { SCHEMAS } from "./order.ts";

const { repoDir } = readConfig({});
const CHECKS = join(SCHEMAS, "health");
const LISTS = ["job_health_reasons.sql", "system_health_reasons.sql"];

const text = (path: string) => Deno.readTextFile(join(repoDir, path));

/** The codes of the files in a folder that are named `check_<code><extension>`. */
async function codesIn(folder: string, extension: string): Promise<string[]> {
  const codes: string[] = [];
  for await (const { name } of Deno.readDir(join(repoDir, folder))) {
    if (name.startsWith("check_") && name.endsWith(extension)) {
      codes.push(name.slice("check_".length, -extension.length));
    }
  }
  return codes.sort();
}

const codes = await codesIn(CHECKS, ".sql");

Deno.test("a check is the function of its file, gives its own code, and is called by the report", async () => {
  ok(codes.length > 0);
  const lists = (await Promise.all(
    LISTS.map((file) => text(join(CHECKS, file))),
  )).join("\n");
  const called = [...lists.matchAll(/from jobs\.check_([a-z_]+)\(/g)]
    .map(([, code]) => code);
  deepEqual(called.sort(), codes);
  for (const code of codes) {
    const sql = await text(join(CHECKS, `check_${code}.sql`));
    match(sql, new RegExp(`^create function jobs\\.check_${code}\\(`));
    ok(sql.includes(`'${code}',`), `check_${code} does not give ${code}`);
  }
});

Deno.test("every check has its test", async () => {
  deepEqual(await codesIn("supabase/tests/health", ".test.sql"), codes);
});

Deno.test("every reason has its runbook page", async () => {
  for (const code of codes) {
    const page = await text(
      `docs/runbooks/${code.replaceAll("_", "-")}.md`,
    );
    ok(page.startsWith(`# ${code}: `), code);
  }
});

// Runs raise their own alerts about these.
const OF_RUNS = ["last_run_failed", "run_missed"];

Deno.test("every critical reason has the words of its alert", async () => {
  const critical: string[] = [];
  for (const code of codes) {
    const sql = await text(join(CHECKS, `check_${code}.sql`));
    if (sql.includes("'critical'") && !OF_RUNS.includes(code)) {
      critical.push(code);
    }
  }
  deepEqual(Object.keys(REASONS).sort(), critical);
});

Deno.test("the reference has a row for every reason, with its page and its severity", async () => {
  const rows = [
    ...(await text("docs/reference/health.md")).matchAll(
      /^\| \[`([a-z_]+)`\]\(\.\.\/runbooks\/([a-z-]+)\.md\) +\| (.+?) +\|/gm,
    ),
  ];
  deepEqual(rows.map(([, code]) => code).sort(), codes);
  for (const [, code, page, severity] of rows) {
    ok(page === code.replaceAll("_", "-"), page);
    const sql = await text(join(CHECKS, `check_${code}.sql`));
    const given = ["critical", "warning", "info"].filter((word) =>
      sql.includes(`'${word}'`)
    );
    deepEqual(severity.split(" or ").sort(), given, code);
  }
});
