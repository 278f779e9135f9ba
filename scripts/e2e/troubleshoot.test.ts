// Follows docs/how-to/troubleshoot.md.
import { deepEqual, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { run } from "../stack/command.ts";
import { configEnvironment } from "../stack/config.ts";
import { supabaseCli } from "../stack/migrations.ts";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { withVaultSettings } from "./support/vault_settings.ts";
import { MAIN_JOB } from "./support/jobs.ts";
import { type Page, readPage, readText } from "./support/pages.ts";
import { rolledBack } from "./support/rolled_back.ts";
import { config, urls } from "./support/stack.ts";

const PATH = "docs/how-to/troubleshoot.md";

/** The statements of a section, for one installment. */
const statementsOf = (page: Page, heading: string, installment: string) =>
  page.blocks
    .filter(({ section, language }) =>
      section === heading && language === "sql"
    )
    .map(({ code }) => code.replaceAll("<installment id>", installment));

Deno.test("each symptom has a row in the list, and shows the cause with a command before it says what to do", async () => {
  const page = await readPage(PATH);
  const listed = page.links.filter((link) => link.startsWith("#"))
    .slice(0, page.sections.length);
  deepEqual(
    listed.map((link) => link.slice(1)),
    page.sections.map((section) =>
      section.toLowerCase().replace(/[^\w\s-]/g, "").replaceAll(" ", "-")
    ),
  );
  const text = await readText(PATH);
  for (const section of page.sections) {
    const [, body] = text.split(`\n## ${section}\n`);
    const command = body.indexOf("```");
    const table = body.search(/^\| /m);
    ok(command >= 0 && table > command, section);
  }
});

Deno.test("every statement of the page runs as it is written", () =>
  withDatabase(async (sql) => {
    const installment = await arrange(sql);
    const page = await readPage(PATH);
    let statements = 0;
    for (const section of page.sections) {
      for (const statement of statementsOf(page, section, installment)) {
        await rolledBack(
          sql,
          (transaction) => transaction.unsafe(statement).simple(),
        );
        statements++;
      }
    }
    ok(statements >= 10);
  }));

Deno.test("every command of the page runs as it is written", () =>
  withDatabase(async (sql) => {
    await arrange(sql);
    const { blocks } = await readPage(PATH);
    const commands = new Set(
      blocks.filter(({ language }) => language === "sh")
        .flatMap(({ code }) => code.split("\n")),
    );
    // Those of a project of one's own: install_docs.test.ts and its like.
    const ofProject = /^npx duewatch (?:install|deploy) /;
    for (const command of commands) {
      if (ofProject.test(command)) continue;
      const { code, stdout, stderr } = await paste(command);
      // 1: something is wrong, or the test did not arrive, as it says.
      ok(code === 0 || code === 1, `${command}: ${code}\n${stdout}${stderr}`);
    }
    deepEqual(
      [...commands].filter((command) => ofProject.test(command)),
      [
        "npx duewatch install --linked --dry-run",
        "npx duewatch deploy --dry-run",
      ],
    );
  }));

Deno.test("every message of a migration that the page quotes is one of ours, or of Postgres or its CLI", async () => {
  const text = await readText(PATH);
  const migrations = await Promise.all(
    [...Deno.readDirSync(join(config.repoDir, "supabase", "migrations"))]
      .map(({ name }) => readText(`supabase/migrations/${name}`)),
  );
  const quoted = [...text.matchAll(/^\| "([^"]+)"/gm)].map(([, message]) =>
    message
  );
  deepEqual(
    quoted.filter((message) =>
      !migrations.some((migration) =>
        migration.includes(`raise exception '${message}`)
      )
    ),
    [
      "Remote migration versions not found in local migrations directory",
      "Found local migration files to be inserted before the last migration",
      "up to date",
      "unsafe use of new value",
      "canceling statement due to lock timeout",
    ],
  );
});

Deno.test("a key that the functions do not know is in the log as 401", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await withVaultSettings(
      sql,
      { jobs_api_key: "a-key-that-is-unknown" },
      async () => {
        await sql`select jobs.dispatch(${MAIN_JOB})`;
        const [shown] = await ask(sql, "401 in the log");
        match(shown.error_message, /401/);
        const { stdout } = await paste("npx duewatch doctor --linked");
        match(stdout, /^✗ .*(accept the key in Vault|is not the job key)/);
      },
    );
    await emptyDatabase(sql);
  }));

Deno.test("the state of a job shows whether it is paused or has no entry", () =>
  withDatabase(async (sql) => {
    await arrange(sql);
    await rolledBack(sql, async (transaction) => {
      await transaction`select jobs.pause(${MAIN_JOB}, 'A test.')`;
      await transaction`select cron.unschedule('weekly-overdue-digest')`;
      const shown = await ask(transaction, "A job never runs");
      const byName = Object.fromEntries(
        shown.map(({ job_name, is_paused, active }) => [
          job_name,
          [is_paused, active],
        ]),
      );
      deepEqual(byName, {
        [MAIN_JOB]: [true, false],
        "weekly-overdue-digest": [true, null],
      });
    });
  }));

Deno.test("a run with 0 is explained by plans that are not active, and by a preview with rows", () =>
  withDatabase(async (sql) => {
    await arrange(sql);
    await rolledBack(sql, async (transaction) => {
      const heading = "The run says success, with 0";
      const page = await readPage(PATH);
      const [preview, counts] = statementsOf(page, heading, "")[0].split(
        "\n\n",
      );
      const [before] = await transaction.unsafe(preview);
      match(before.jsonb_pretty, /"updatedCount|installments|agencies/);
      await transaction`
        update public.payment_plans set status = 'draft' where true
      `;
      const rows = await transaction.unsafe(counts);
      deepEqual(rows.map(({ plan_status }) => plan_status), ["draft"]);
    });
  }));

/** An agency with an installment that is overdue and not marked yet. */
async function arrange(sql: Database): Promise<string> {
  await emptyDatabase(sql);
  await insertInstallments(sql, await insertAgency(sql));
  await sql`
    insert into public.jobs_log (job_name, started_at, completed_at, status)
    values (${MAIN_JOB}, now() - interval '1 hour', now() - interval '1 hour', 'success')
  `;
  const [{ id }] = await sql`select id from public.installments limit 1`;
  return id;
}

/** What the first statement of a section shows. */
async function ask(
  sql: { unsafe: Database["unsafe"] },
  heading: string,
) {
  const [statement] = statementsOf(await readPage(PATH), heading, "");
  return await sql.unsafe(statement);
}

/** Runs a command with the stack of the tests as the linked project. */
async function paste(command: string) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      join(folder, "npx"),
      `#!/bin/sh
program=$1
shift
for argument; do
  shift
  case $argument in
    --linked) continue ;;
    --remote) argument='--remote=${urls.databaseUrl}?sslmode=disable' ;;
  esac
  set -- "$@" "$argument"
done
if [ "$program" = duewatch ]; then
  exec sh '${config.repoDir}/scripts/duewatch.sh' duewatch "$@"
fi
exec '${supabaseCli(config)}' "$@"
`,
      { mode: 0o755 },
    );
    return await run(["sh", "-euc", command], {
      cwd: config.repoDir,
      env: {
        ...configEnvironment(config),
        PATH: `${folder}:${Deno.env.get("PATH")}`,
        DO_NOT_TRACK: "1",
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
