// Follows the pages about monitoring to the letter.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { type CommandResult, run } from "../stack/command.ts";
import { configEnvironment } from "../stack/config.ts";
import { readRules } from "./grafana/provisioning.ts";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { callJob } from "./support/functions.ts";
import { connectAsMetricsReader } from "./support/metrics_reader.ts";
import { type Page, readPage, readPages, readText } from "./support/pages.ts";
import { fillIn } from "./support/placeholders.ts";
import { rolledBack } from "./support/rolled_back.ts";
import { readSnippets } from "./support/snippets.ts";
import { config, urls } from "./support/stack.ts";

const LOCAL_DATABASE =
  "postgresql://postgres:postgres@127.0.0.1:54322/postgres";

const GRAFANA = "docs/monitoring/grafana/README.md";

// runbooks.test.ts and monitoring_procedures.test.ts follow it.
const WITH_A_TEST = "docs/monitoring/testing.md";

async function pages(): Promise<Page[]> {
  const all = await readPages("docs/monitoring");
  return all.filter(({ path }) => path !== WITH_A_TEST);
}

/** The shell commands of a page, from top to bottom. */
function commandsOf(page: Page): string {
  return page.blocks
    .filter(({ language }) => language === "sh")
    .map(({ code }) => code)
    .join("\n");
}

// They need Docker, or a Grafana of one's own.
const NOT_HERE = [
  /^docker compose -f docs\/monitoring\/grafana\/compose\.yaml up -d$/,
  /^grafana cli plugins install yesoreyeram-infinity-datasource [\d.]+$/,
];

/**
 * Types the commands of a page into a shell that stops at the first failure.
 *
 * @param answers what is typed when a command asks for something.
 */
async function follow(page: Page, answers = ""): Promise<CommandResult> {
  const commands = commandsOf(page)
    .split("\n")
    .filter((line) => !NOT_HERE.some((pattern) => pattern.test(line)))
    .join("\n")
    .replaceAll(LOCAL_DATABASE, urls.databaseUrl);
  const script = await Deno.makeTempFile({ suffix: ".sh" });
  try {
    await Deno.writeTextFile(script, await fillIn(commands));
    // Without a terminal psql takes a password from standard input.
    return await run(["setsid", "--wait", "sh", "-eu", script], {
      cwd: config.repoDir,
      env: { ...configEnvironment(config), NO_COLOR: "1" },
      stdin: answers,
    });
  } finally {
    await Deno.remove(script);
  }
}

async function arrangeDay(sql: Database): Promise<void> {
  await emptyDatabase(sql);
  const agency = await insertAgency(sql);
  await insertInstallments(sql, agency, { count: 3 });
  equal((await callJob()).status, 200);
}

Deno.test("the commands of the monitoring pages work, one after the other as they are written", () =>
  withDatabase(async (sql) => {
    await arrangeDay(sql);
    for (const page of await pages()) {
      if (page.path === GRAFANA || commandsOf(page) === "") continue;
      const { code, stdout, stderr } = await follow(page);
      equal(code, 0, `${page.path}: ${stderr}${stdout}`);
      match(stdout, /update-installment-statuses/, page.path);
      equal(stderr.includes("ERROR"), false, `${page.path}: ${stderr}`);
    }
    const answers = await Deno.readTextFile(
      join(config.stateDir, "answers", "recent-executions.csv"),
    );
    match(answers, /^id,job_name,started_at/);
  }));

Deno.test("with the commands of the Grafana page metrics_reader can log in and job-metrics answers", () =>
  withDatabase(async (sql) => {
    const password = crypto.randomUUID();
    const reader = connectAsMetricsReader(password);
    try {
      const page = await readPage(GRAFANA);
      const { code, stderr } = await follow(page, `${password}\n${password}\n`);
      equal(code, 0, stderr);
      const [{ name }] = await reader`select current_user as name`;
      equal(name, "metrics_reader");
    } finally {
      await reader.end({ timeout: 5 });
      await sql`alter role metrics_reader password null`;
    }
  }));

Deno.test("commands that cannot run here name the existing compose file and its pinned plugin", async () => {
  const lines = (await pages()).flatMap((page) => commandsOf(page).split("\n"));
  for (const pattern of NOT_HERE) {
    ok(lines.some((line) => pattern.test(line)), String(pattern));
  }
  const compose = await readText("docs/monitoring/grafana/compose.yaml");
  const [, version] = /infinity-datasource@([\d.]+)/.exec(compose) ?? [];
  ok(
    lines.includes(
      `grafana cli plugins install yesoreyeram-infinity-datasource ${version}`,
    ),
  );
  const [, minor] = /grafana\/grafana:(\d+\.\d+)\.\d+/.exec(compose) ?? [];
  match(await readText(GRAFANA), new RegExp(`Grafana ${minor}\\b`));
});

Deno.test("every statement of SQL in the monitoring pages runs as it is written", () =>
  withDatabase(async (sql) => {
    await arrangeDay(sql);
    const statements = (await pages()).flatMap(({ path, blocks }) =>
      blocks
        .filter(({ language }) => language === "sql")
        .map(({ code }) => ({ path, code }))
    );
    ok(statements.length > 3);
    for (const { path, code } of statements) {
      await rolledBack(sql, async (transaction) => {
        try {
          await transaction.unsafe(await fillIn(code)).simple();
        } catch (error) {
          throw new Error(`${path} has SQL that does not run:\n${code}`, {
            cause: error,
          });
        }
      });
    }
  }));

Deno.test("every block of code is run by a test, or is a picture", async () => {
  for (const { path, blocks } of await pages()) {
    for (const { language } of blocks) {
      ok(["sh", "sql", ""].includes(language), `${path}: ${language}`);
    }
  }
});

Deno.test("every saved query is listed, with its question", async () => {
  const text = await readText("docs/monitoring/README.md");
  const rows = [...text.matchAll(/^\| `([\w-]+\.sql)` *\| (.+?) *\|$/gm)];
  const listed = rows.map(([, name, question]) => `${name}: ${question}`);
  const there = (await readSnippets()).map(({ name, question }) =>
    `${name}: ${question}`
  );
  deepEqual(listed.sort(), there.sort());
});

Deno.test("the files of the folder are listed, and the saved queries and pages in the text exist", async () => {
  const page = await readText(GRAFANA);
  for (
    const file of [
      "dashboards/jobs-overview.json",
      "dashboards/job-detail.json",
      "provisioning/datasources/duewatch.yaml",
      "provisioning/dashboards/duewatch.yaml",
      "provisioning/alerting/duewatch.yaml",
      "compose.yaml",
      "prometheus.yml",
    ]
  ) {
    ok(page.includes(`\`${file}\``), file);
    ok((await readText(`docs/monitoring/grafana/${file}`)).length > 0, file);
  }
  const names = (await readSnippets()).map(({ name }) => name);
  for (const { path } of await pages()) {
    for (const [, name] of (await readText(path)).matchAll(/([\w-]+\.sql)`/g)) {
      ok(names.includes(name), `${path}: ${name}`);
    }
  }
});

Deno.test("the alert rules of the page are those of the file", async () => {
  const rows = (await readText(GRAFANA)).matchAll(
    /^\| (.+?) *\| (PostgreSQL|Prometheus) +\| [^|]+ \|$/gm,
  );
  const listed = [...rows].map(([, title, source]) => `${title}: ${source}`);
  const there = (await readRules()).map(({ title, data: [{ model }] }) =>
    `${title}: ${"rawSql" in model ? "PostgreSQL" : "Prometheus"}`
  );
  deepEqual(listed, there);
});

Deno.test("the baselines are the thresholds of the database", () =>
  withDatabase(async (sql) => {
    const [limits] = await sql`
      select
        extract(epoch from definition.expected_interval)::int / 3600 as hours,
        extract(epoch from definition.max_runtime)::int / 60 as minutes,
        (100 * definition.degraded_error_ratio)::int as degraded,
        (100 * definition.failed_error_ratio)::int as failed,
        threshold.min_success_rate::int as "minSuccessRate",
        extract(epoch from definition.slow_after)::int as "slowSeconds",
        threshold.slow_margin_ms / 1000 as "marginSeconds",
        threshold.slow_factor as "slowFactor",
        extract(epoch from threshold.undelivered_after)::int / 60 as "undeliveredMinutes"
      from jobs.definitions as definition
      cross join jobs.health_thresholds() as threshold
      where definition.job_name = 'update-installment-statuses'
    `;
    equal(limits.slowFactor, 3);
    const page = await readText("docs/monitoring/procedures.md");
    for (
      const sentence of [
        `over ${limits.hours} hours`,
        `over ${limits.minutes} minutes it is ended`,
        `over ${limits.degraded} %: degraded`,
        `over ${limits.failed} %: the run counts as failed`,
        `under ${limits.minSuccessRate} %`,
        `over \`slow_after\` of the job (${limits.slowSeconds} seconds); or over three times the median of 30 days, and ${limits.marginSeconds} seconds longer`,
        `undelivered for ${limits.undeliveredMinutes} minutes`,
      ]
    ) {
      ok(page.includes(sentence), sentence);
    }
  }));
