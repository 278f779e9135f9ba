import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { runDuewatch } from "../duewatch/testing/fake_runtime.ts";
import {
  type PackageCopy,
  withPackageCopy,
} from "../duewatch/testing/package_copy.ts";
import { migrationsOf } from "../new_job/migrations.ts";
import { MIGRATIONS, readReleases } from "../schemas/releases.ts";
import { applyMigrations } from "../stack/migrations.ts";
import { type RunningStack, stackUrls } from "../stack/stack.ts";
import { waitFor } from "../stack/wait.ts";
import { type SlackStandIn, startSlack } from "../stand_ins/slack.ts";
import { VERSION } from "../../supabase/functions/_shared/version.ts";
import { withBarePlatform } from "./support/bare_platform.ts";
import type { Database } from "./support/database.ts";
import { MAIN_JOB } from "./support/jobs.ts";
import {
  type ServedFunctions,
  serveFunctions,
} from "./support/served_functions.ts";
import {
  ADD_COLUMN,
  addColumnAndFunction,
  writeNextMigration,
} from "./support/next_version.ts";
import { store } from "./installation/breaks.ts";
import { config } from "./support/stack.ts";

/** A database and functions, of versions that need not be the same. */
interface Pair {
  readonly stack: RunningStack;
  readonly sql: Database;
  readonly slack: SlackStandIn;
  readonly functions: ServedFunctions;
}

Deno.test("a database works with the functions of the version before and after it, and says so when it is too old", () =>
  withPackageCopy((copy) =>
    withBarePlatform(async (stack, sql) => {
      await Deno.symlink(
        join(config.repoDir, "node_modules"),
        join(copy.dir, "node_modules"),
      );
      const push = (seed: boolean) =>
        applyMigrations({ ...stack.config, repoDir: copy.dir }, { seed });
      await using slack = await startSlack();
      const serve = () =>
        serveFunctions(copy.dir, stack, {
          SLACK_WEBHOOK_URL: slack.webhookUrl,
        });

      await copy.release("1.0.0");
      await push(true);
      // Only the test triggers runs, and asks for health.
      await sql`select cron.alter_job(jobid, active => false) from cron.job`;
      await using former = await serve();
      await releaseNext(copy);
      await using next = await serve();
      const pair = (functions: ServedFunctions) => ({
        stack,
        sql,
        slack,
        functions,
      });

      await workTogether(pair(next), "1.0.0", "1.1.0");
      await isNamed(stack, copy, "database_behind");
      await push(false);
      await sql`select cron.alter_job(jobid, active => false) from cron.job`;
      await workTogether(pair(former), "1.1.0", "1.0.0");
      await isNamed(stack, copy, "functions_behind");
      await isTooOld(pair(next));
    })
  ));

Deno.test("the functions of this checkout work with the database of the last release", () =>
  withBarePlatform(async (stack, sql) => {
    const { repoDir } = config;
    const root = await Deno.makeTempDir();
    try {
      const version = await copyLastRelease(repoDir, root);
      await applyMigrations({ ...stack.config, repoDir: root }, {
        seed: false,
      });
      await sql`select cron.alter_job(jobid, active => false) from cron.job`;
      await using slack = await startSlack();
      await using functions = await serveFunctions(repoDir, stack, {
        SLACK_WEBHOOK_URL: slack.webhookUrl,
      });
      await sql`
        with agency as (
          insert into public.agencies (name) values ('First') returning id
        ), plan as (
          insert into public.payment_plans (agency_id, status)
          select id, 'active' from agency
          returning id
        )
        insert into public.installments (payment_plan_id, amount, student_due_date, status)
        select id, 100, current_date - 200, 'pending' from plan
      `;
      await workTogether({ stack, sql, slack, functions }, version, VERSION);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  }));

/**
 * Copies what the last release has of migrations. Before the first release it is
 * what the checkout has.
 *
 * @returns its version.
 */
async function copyLastRelease(repoDir: string, root: string): Promise<string> {
  const releases = await readReleases(repoDir);
  const released = new Set(releases.map(({ file }) => file));
  const folder = join(root, MIGRATIONS);
  await Deno.mkdir(folder, { recursive: true });
  await Deno.copyFile(
    join(repoDir, "supabase", "config.toml"),
    join(root, "supabase", "config.toml"),
  );
  for (const file of await migrationsOf(repoDir)) {
    if (released.size === 0 || released.has(file)) {
      await Deno.copyFile(join(repoDir, MIGRATIONS, file), join(folder, file));
    }
  }
  await Deno.symlink(
    join(repoDir, "node_modules"),
    join(root, "node_modules"),
  );
  return releases.at(-1)?.version ?? VERSION;
}

/** Releases 1.1.0 with what a next version may change. */
async function releaseNext(copy: PackageCopy): Promise<void> {
  // A parameter with a default, and a field that is new in the answer.
  await copy.edit(
    "supabase/schemas/jobs/runs/start_job_run.sql",
    (text) =>
      text.replace(
        "token uuid default null\n",
        "token uuid default null,\n  note text default null\n",
      )
        .replaceAll("timestamptz, uuid)", "timestamptz, uuid, text)")
        .replace("'acquired', acquired", "'note', start_job_run.note,\n    $&"),
  );
  await addColumnAndFunction(copy);
  // What is new is optional for the functions.
  await copy.edit(
    "supabase/functions/_shared/jobs/run-outcome.ts",
    (text) =>
      text.replace(
        "acquired: z.literal(true),\n",
        "$&    note: z.string().nullish(),\n",
      ),
  );
  await writeNextMigration(
    copy.dir,
    `${ADD_COLUMN}drop function public.start_job_run(text, uuid, text, timestamptz, uuid);
`,
  );
  await copy.release("1.1.0");
}

/** A run, the health report and an alert work. */
async function workTogether(
  { stack, sql, slack, functions }: Pair,
  database: string,
  edge: string,
): Promise<void> {
  const pair = `database ${database}, functions ${edge}`;
  await sql.unsafe(store("functions_url", functions.url)).simple();
  await sql`
    update public.installments set status = 'pending'
    where id = (
      select installment.id
      from public.installments as installment
      join public.payment_plans as plan on plan.id = installment.payment_plan_id
      where plan.status = 'active'
        and installment.student_due_date < current_date - 90
        and installment.status in ('pending', 'overdue')
      limit 1
    )
  `;
  const [{ run }] = await sql`
    select jobs.dispatch(${MAIN_JOB}, 'manual') as run
  `;
  const ended = await waitFor(async () => {
    const [{ status }] = await sql`
      select status from public.jobs_log where id = ${run}
    `;
    return status !== "running";
  }, 120_000);
  const [row] = await sql`
    select status, records_updated > 0 as has_marked, error_message
    from public.jobs_log
    where id = ${run}
  `;
  deepEqual({ pair, ended, ...row }, {
    pair,
    ended: true,
    status: "success",
    has_marked: true,
    error_message: null,
  });

  await sql`
    insert into public.jobs_log (job_name, started_at, completed_at, status, error_message)
    values (${`import-${database}`}, now(), now(), 'failed', 'disk full')
  `;
  const answer = await fetch(`${functions.url}/check-job-health`, {
    headers: { "X-API-Key": stack.keys.jobsApiKey },
  });
  const { version, functionsVersion } = await answer.json();
  deepEqual([version, functionsVersion], [database, edge], pair);
  equal(
    slack.calls.entries.some(({ text }) => text.includes(`import-${database}`)),
    true,
    pair,
  );
}

/** The doctor says which of the two is behind. It works, so it only warns. */
async function isNamed(
  stack: RunningStack,
  copy: PackageCopy,
  code: string,
): Promise<void> {
  const { output } = await runDuewatch([
    "doctor",
    "--json",
    "--db-url",
    stackUrls(stack.config).databaseUrl,
  ], { packageDir: copy.dir, cwd: copy.dir });
  const { faults } = JSON.parse(output);
  deepEqual(
    faults.filter((fault: { code: string }) => fault.code.endsWith("_behind"))
      .map((fault: { code: string; severity: string }) => [
        fault.code,
        fault.severity,
      ]),
    [[code, "warning"]],
  );
}

/** Functions whose migration is missing name it, and the run is logged. */
async function isTooOld(
  { stack, sql, functions }: Pair,
): Promise<void> {
  await sql`
    drop function public.start_job_run(text, uuid, text, timestamptz, uuid, text)
  `;
  await sql`notify pgrst, 'reload schema'`;
  const words = /the migration of Duewatch 1\.1\.0 was not applied/;
  const answer = await fetch(`${functions.url}/${MAIN_JOB}`, {
    method: "POST",
    headers: { "X-API-Key": stack.keys.jobsApiKey },
  });
  equal(answer.status, 500);
  match((await answer.json()).error.message, words);
  await sql.unsafe(store("functions_url", functions.url)).simple();
  // A slow machine lets the request time out, and its run to the supervisor.
  const isLogged = await waitFor(async () => {
    const [{ run }] = await sql`
      select jobs.dispatch(${MAIN_JOB}, 'manual') as run
    `;
    const [row] = await sql`
      select status, error_message from public.jobs_log where id = ${run}
    `;
    return row.status === "failed" && words.test(row.error_message);
  }, 120_000);
  equal(isLogged, true);
}
