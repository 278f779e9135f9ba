// Follows docs/how-to/add-a-job.md to the letter in a copy of the checkout.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { gatewayHealth } from "../stack/gateway_process.ts";
import { readKeys } from "../stack/keys.ts";
import { stackUrls } from "../stack/stack.ts";
import { statePaths } from "../stack/state_dir.ts";
import { waitFor } from "../stack/wait.ts";
import {
  about,
  type AlertServices,
  startAlertServices,
} from "../stand_ins/alert_services.ts";
import { askDatabase } from "./grafana/answer.ts";
import { readDashboards } from "./grafana/dashboard.ts";
import { expandSql } from "./grafana/macros.ts";
import { samplesIn, valueOf } from "./history/exposition.ts";
import {
  type CheckoutCopy,
  withCheckoutCopy,
} from "./support/checkout_copy.ts";
import type { Database } from "./support/database.ts";
import { within } from "./support/events.ts";
import { JOBS } from "./support/jobs.ts";
import { withMetricsReader } from "./support/metrics_reader.ts";
import { type CodeBlock, type Page, readPage } from "./support/pages.ts";

const PAGE = "docs/how-to/add-a-job.md";

const JOB_OF_PAGE = "count-active-plans";

// A reader who has followed the page has that job already.
const JOB = JOBS.includes(JOB_OF_PAGE) ? `${JOB_OF_PAGE}-again` : JOB_OF_PAGE;
const FOLDER = `supabase/functions/${JOB}`;
const TICK = "tick-of-a-test";

// They take a project in the cloud.
const NOT_HERE = [
  `npx supabase functions deploy ${JOB}`,
  "npx supabase db push",
  `npx supabase functions delete ${JOB}`,
];

/** What the steps share. */
interface Following {
  readonly page: Page;
  readonly copy: CheckoutCopy;
  readonly sql: Database;
  readonly services: AlertServices;
  /** Does what the next block of a section has its reader do. */
  readonly follow: (section: string) => Promise<string>;
  /** The blocks that were not followed yet. */
  readonly left: () => readonly CodeBlock[];
}

Deno.test("a job that is made as the page says passes every check, is run by pg_cron, appears everywhere, and its failure is reported", async (test) => {
  const page = withJob(await readPage(PAGE));
  await using services = await startAlertServices();
  await withCheckoutCopy(services.environment, async (copy) => {
    const sql = postgres(stackUrls(copy.config).databaseUrl, {
      max: 2,
      onnotice: () => {},
    });
    const following: Following = {
      page,
      copy,
      sql,
      services,
      ...follower(page, copy, sql),
    };
    try {
      for (const [sentence, work] of STEPS) {
        const passed = await test.step(sentence, () => work(following));
        // Each step goes on from the one before it.
        if (!passed) break;
      }
    } finally {
      await sql.end({ timeout: 5 });
    }
  });
});

/** The page, about the job that is made here. */
function withJob(page: Page): Page {
  const inFileNames = (name: string) => name.replaceAll("-", "_");
  return {
    ...page,
    blocks: page.blocks.map(({ code, ...block }) => ({
      ...block,
      code: code
        .replaceAll(JOB_OF_PAGE, JOB)
        .replaceAll(inFileNames(JOB_OF_PAGE), inFileNames(JOB)),
    })),
  };
}

const STEPS: readonly (readonly [
  string,
  (following: Following) => Promise<void>,
])[] = [
  ["every block of code is one that is followed here", assertAllIsFollowed],
  ["one command makes the job", makes],
  ["its test passes, and fails when the job is broken", tests],
  ["a start runs it by pg_cron, and it passes every check", runs],
  [
    "it is in health, metrics, history, dashboards and on the command line",
    isSeen,
  ],
  [
    "its failure and its recovery are reported in Slack and by email",
    failureIsTold,
  ],
  ["a migration changes its schedule and limits", changes],
  ["a due check says when it is to be started", isDue],
  ["it can be deployed: function and configuration agree", canBeDeployed],
  ["it can be removed, and its runs stay", removes],
  ["nothing on the page was left out", assertNothingIsLeft],
];

/** The sections with blocks, in the order of the steps. */
const SECTIONS = [
  "1. Make it",
  "2. Put your work in",
  "3. Test it",
  "4. Run it here",
  "5. Deploy it",
  "Change how it runs",
  "Start it when something is due",
  "Remove it",
];

function assertAllIsFollowed({ page }: Following): Promise<void> {
  const sections = new Set(page.blocks.map(({ section }) => section));
  deepEqual([...sections], SECTIONS);
  const lines = page.blocks.flatMap(({ code }) => code.split("\n"));
  for (const command of NOT_HERE) ok(lines.includes(command), command);
  return Promise.resolve();
}

function assertNothingIsLeft({ left }: Following): Promise<void> {
  deepEqual(left(), []);
  return Promise.resolve();
}

async function makes({ copy, follow }: Following): Promise<void> {
  const output = await follow("1. Make it");
  match(output, new RegExp(`Created the job ${JOB}, at "15 4 \\* \\* \\*"`));
  match(await newestMigration(copy), /_jobs_register_count_active_plans/);
  // The page shows a part of the job as it is made.
  await follow("2. Put your work in");
}

async function tests({ copy, follow }: Following): Promise<void> {
  match(await follow("3. Test it"), /4 passed \| 0 failed/);

  const path = join(copy.dir, FOLDER, "job.ts");
  const job = await Deno.readTextFile(path);
  const broken = job.replace('.eq("status", "active")', "");
  ok(broken !== job);
  await Deno.writeTextFile(path, broken);
  const { code } = await copy.shell(
    `npm run deno -- test -A --no-check ${FOLDER}`,
  );
  equal(code, 1);
  await Deno.writeTextFile(path, job);
}

// The suite has run the others on the checkout, and these on it without the job.
const CHECKS = `
  npm run -s deno -- fmt --check
  npm run -s deno -- lint
  npm run -s deno -- check --frozen ${FOLDER}
  npm run -s deno -- test -A --frozen --no-check \\
    ${FOLDER} scripts/check scripts/api_reference
`;

async function runs({ copy, sql, follow }: Following): Promise<void> {
  // `npm start` waits for pg_cron, which is time enough for the checks.
  const [output, checks] = await Promise.all([
    follow("4. Run it here"),
    copy.shell(CHECKS),
    addTick(copy, sql),
  ]);
  const tick = await waitFor(() => endedTick(sql), 80_000);
  await sql`select cron.unschedule(${TICK})`;
  equal(checks.code, 0, checks.stdout + checks.stderr);
  match(output, new RegExp(`^job +${JOB}$`, "m"));

  ok(tick, "pg_cron did not start the job");
  equal(tick.status, "success", tick.error_message);
  ok(tick.items_total > 10);
  equal(tick.items_processed, tick.items_total);
  equal(tick.metadata.agencies_seen, tick.items_total);
}

/** The run that pg_cron has started, when it has ended. */
async function endedTick(sql: Database): Promise<postgres.Row | undefined> {
  const [run] = await sql`
    select status, items_total, items_processed, error_message, metadata
    from public.jobs_log
    where job_name = ${JOB}
      and trigger_source = 'cron'
      and status <> 'running'
  `;
  return run;
}

/** Lets pg_cron run what it runs at a quarter past four at the full minute. */
async function addTick({ config }: CheckoutCopy, sql: Database): Promise<void> {
  const isUp = await waitFor(async () => {
    const health = await gatewayHealth(config);
    return health?.functions[JOB] === "running" ? true : undefined;
  }, 120_000);
  ok(isUp, "the function of the job does not run");
  const [entry] = await sql`
    select schedule, command, active
    from cron.job
    where jobname = ${JOB}
  `;
  equal(entry.schedule, "15 4 * * *");
  equal(entry.active, true);
  await sql`select cron.schedule(${TICK}, '* * * * *', ${entry.command})`;
}

interface OfJob {
  readonly jobName: string;
  readonly status: string;
}

async function isSeen({ copy, sql }: Following): Promise<void> {
  const ofJob = (rows: readonly OfJob[]) =>
    rows.filter(({ jobName }) => jobName === JOB);

  const health = await ask(copy, "check-job-health?dryRun=true");
  const [judged] = ofJob(JSON.parse(health).jobs);
  equal(judged.status, "ok", health);

  const metrics = JSON.parse(await ask(copy, `job-metrics?jobName=${JOB}`));
  const [summary] = metrics.jobs;
  equal(summary.jobName, JOB);
  equal(summary.successes, 2);
  const samples = samplesIn(await ask(copy, "job-metrics?format=prometheus"));
  const labels = { job_name: JOB, status: "success" };
  equal(valueOf(samples, "duewatch_runs_total", labels), 2);

  const history = JSON.parse(await ask(copy, `job-logs?jobName=${JOB}`));
  deepEqual(
    history.data.map((run: Record<string, unknown>) => [
      run.triggerSource,
      run.status,
    ]).sort(),
    [["cron", "success"], ["manual", "success"]],
  );

  deepEqual(
    (await panelsThatShow(JOB, copy, sql)).filter((title) =>
      WANTED_PANELS.includes(title)
    ),
    WANTED_PANELS,
  );

  const { code, stdout } = await copy.shell(`npm run -s jobs -- runs ${JOB}`);
  equal(code, 0);
  equal(stdout.match(/ success /g)?.length, 2, stdout);
}

/** Those of the detail of a job that need no agencies. */
const WANTED_PANELS = [
  "Status now",
  "Success rate",
  "Duration",
  "Time since last success",
];

/** Titles of the panels that have a value when this job is chosen. */
async function panelsThatShow(
  jobName: string,
  { config }: CheckoutCopy,
  sql: Database,
): Promise<string[]> {
  const to = new Date();
  const choice = { from: new Date(to.getTime() - 86_400_000), to, jobName };
  const dashboards = await readDashboards();
  const detail = dashboards.find(({ uid }) => uid === "duewatch-job-detail");
  const shown = new Set<string>();
  await withMetricsReader(sql, async (reader) => {
    for (const { title, targets } of detail?.panels ?? []) {
      for (const target of targets) {
        if (!("rawSql" in target)) continue;
        const query = expandSql(target.rawSql, choice);
        const { rows } = await askDatabase(reader, query);
        const values = rows.flatMap((row) => Object.values(row));
        if (values.some((value) => value !== null && value !== "0")) {
          shown.add(title);
        }
      }
    }
  }, stackUrls(config).databaseUrl);
  return [...shown].sort((one, other) =>
    WANTED_PANELS.indexOf(one) - WANTED_PANELS.indexOf(other)
  );
}

async function failureIsTold(
  { copy, sql, services, follow }: Following,
): Promise<void> {
  await follow("4. Run it here");
  match(await follow("4. Run it here"), /It failed, as it should\./);
  const [run] = await sql`
    select status, items_total, error_message, errors
    from public.jobs_log
    where job_name = ${JOB}
    order by started_at desc
    limit 1
  `;
  equal(run.status, "failed");
  match(run.error_message, /\d+ of \d+ items failed.*permission denied/);
  equal(run.errors.length, run.items_total);
  await isDelivered(/Job Failed/);

  await follow("4. Run it here");
  const again = await copy.shell(`npm run jobs -- trigger ${JOB}`);
  equal(again.code, 0, again.stderr);
  await isDelivered(/Job Recovered/);

  async function isDelivered(words: RegExp): Promise<void> {
    // As pg_cron does within a minute, when something waits; 503 is critical.
    await ask(copy, "check-job-health", [200, 503]);
    await within(
      20_000,
      `the alert ${words} is delivered`,
      services.delivered(about(JOB, words)),
    );
  }
}

async function changes({ sql, follow }: Following): Promise<void> {
  for (let block = 0; block < 3; block += 1) await follow("Change how it runs");
  const [entry] = await sql`
    select
      entry.schedule,
      definition.expected_interval::text as interval,
      definition.notify_on_success as notified
    from jobs.definitions as definition
    join cron.job as entry on entry.jobname = definition.cron_job_name
    where definition.job_name = ${JOB}
  `;
  deepEqual({ ...entry }, {
    schedule: "15,45 * * * *",
    interval: "01:00:00",
    notified: true,
  });
}

async function isDue({ sql, follow }: Following): Promise<void> {
  // Nothing is due, so pg_cron does not start it.
  await sql`
    update public.payment_plans set created_at = now() where status = 'draft'
  `;
  await follow("Start it when something is due");
  const [{ asked }] = await sql`
    select ${JOB} in (select jobs.due_checks_to_ask()) as asked
  `;
  equal(asked, true);

  // Rolled back, so that it stays like that.
  const answers: boolean[] = [];
  const rollback = new Error("rollback");
  await sql.begin(async (transaction) => {
    const ask = async () => {
      const [{ due }] = await transaction`select jobs.is_due(${JOB}) as due`;
      answers.push(due);
    };
    await ask();
    await transaction`
      insert into public.payment_plans (agency_id, status, created_at)
      select id, 'draft', now() - interval '61 minutes'
      from public.agencies
      limit 1
    `;
    await ask();
    throw rollback;
  }).catch((error) => equal(error, rollback));
  deepEqual(answers, [false, true]);
}

async function canBeDeployed({ copy, follow }: Following): Promise<void> {
  await follow("5. Deploy it");
  const config = await Deno.readTextFile(configOf(copy));
  const [, section] = config.split(`[functions.${JOB}]\n`);
  const paths = [...section.matchAll(/^\w+ = "\.\/(functions\/.+)"$/gm)];
  deepEqual(paths.map(([, path]) => path), [
    `functions/${JOB}/deno.json`,
    `functions/${JOB}/index.ts`,
  ]);
  for (const [, path] of paths) {
    ok((await Deno.stat(join(copy.dir, "supabase", path))).isFile);
  }
}

async function removes({ copy, sql, follow }: Following): Promise<void> {
  for (let block = 0; block < 3; block += 1) await follow("Remove it");
  const [left] = await sql`
    select
      (select count(*)::int from jobs.definitions where job_name = ${JOB}) as definitions,
      (select count(*)::int from cron.job where jobname = ${JOB}) as entries,
      (select count(*)::int from public.jobs_log where job_name = ${JOB}) as runs
  `;
  deepEqual({ ...left }, { definitions: 0, entries: 0, runs: 4 });

  const config = await Deno.readTextFile(configOf(copy));
  const [rest] = config.split(`\n[functions.${JOB}]`);
  await Deno.writeTextFile(configOf(copy), rest);
  await follow("Remove it");
  await follow("Remove it");
  const { code, stderr } = await copy.shell("npm run status");
  equal(code, 0, stderr);
}

/** Follows a page: at each call the next block of a section. */
function follower(page: Page, copy: CheckoutCopy, sql: Database) {
  const waiting = new Map(
    SECTIONS.map((section) => [
      section,
      page.blocks.filter((block) => block.section === section),
    ]),
  );
  let isInMigration = false;
  const left = () => [...waiting.values()].flat();
  const follow = async (section: string): Promise<string> => {
    const block = waiting.get(section)?.shift();
    ok(block, `${section} has no further block`);
    const { language, code } = block;
    switch (language) {
      case "sh":
        isInMigration = code.includes("supabase migration new");
        return await type(block, copy);
      case "sql":
        if (isInMigration) {
          await Deno.writeTextFile(await newestMigration(copy), `${code}\n`);
        } else await sql.unsafe(code);
        return "";
      case "ts": {
        const job = await Deno.readTextFile(join(copy.dir, FOLDER, "job.ts"));
        ok(job.includes(code), code);
        return "";
      }
      default:
        throw new Error(`A block of ${language} cannot be followed.`);
    }
  };
  return { follow, left };
}

/** Types the commands of a block. */
async function type(
  { code: commands }: CodeBlock,
  copy: CheckoutCopy,
): Promise<string> {
  const { code, stdout, stderr } = await copy.shell(
    commands.split("\n").filter((line) => !NOT_HERE.includes(line)).join("\n"),
  );
  equal(code, 0, `${commands}\n${stdout}${stderr}`);
  return stdout;
}

async function newestMigration({ dir }: CheckoutCopy): Promise<string> {
  const folder = join(dir, "supabase", "migrations");
  const names = (await Array.fromAsync(Deno.readDir(folder)))
    .map(({ name }) => name);
  return join(folder, names.sort().at(-1) ?? "");
}

function configOf({ dir }: CheckoutCopy): string {
  return join(dir, "supabase", "config.toml");
}

/** Asks a function of the copy's stack. */
async function ask(
  { config }: CheckoutCopy,
  path: string,
  expected: readonly number[] = [200],
): Promise<string> {
  const keys = await readKeys(statePaths(config).keysFile);
  const response = await fetch(`${stackUrls(config).functionsUrl}/${path}`, {
    headers: { "X-API-Key": keys?.jobsApiKey ?? "" },
  });
  const text = await response.text();
  ok(expected.includes(response.status), `${response.status}: ${text}`);
  return text;
}
