// Follows docs/how-to/dump-and-restore.md from a live stack to a new project.
import { deepEqual, equal, match } from "node:assert/strict";
import { runDuewatch } from "../duewatch/testing/fake_runtime.ts";
import { run } from "../stack/command.ts";
import { supabaseCli } from "../stack/migrations.ts";
import { type RunningStack, stackUrls } from "../stack/stack.ts";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  failedChecks,
  pgDump,
  withBarePlatform,
} from "./support/bare_platform.ts";
import { differences } from "./support/catalog.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { callJob } from "./support/functions.ts";
import { openPageShell } from "./support/page_shell.ts";
import { type CodeBlock, readPage } from "./support/pages.ts";
import { config, urls } from "./support/stack.ts";

const JOB = "update-installment-statuses";
const { blocks } = await readPage("docs/how-to/dump-and-restore.md");

function blocksOf(
  section: string,
  fits: (code: string) => boolean = () => true,
) {
  const found = blocks.filter((block) =>
    block.section === section && fits(block.code)
  );
  equal(found.length > 0, true, section);
  return found;
}

const MOVE = "Move everything to another project";
const isOneFile = ({ code }: CodeBlock) => code.includes("duewatch.dump");

/** What must be the same in both databases. */
async function contents(sql: Database) {
  const rows = await sql`
    select
      (select jsonb_agg(to_jsonb(run) order by run.id) from public.jobs_log as run) as runs,
      (select jsonb_agg(to_jsonb(total)) from jobs.run_totals as total) as totals,
      (select jsonb_agg(alert.id order by alert.sequence) from jobs.alerts as alert) as alerts,
      (select count(*) from jobs.status_changes) as changes,
      (select jsonb_agg(status order by id) from public.installments) as statuses,
      (select jsonb_agg(jsonb_build_array(action, job_name, reason) order by id) from jobs.actions) as actions
  `;
  return { ...rows[0] };
}

/** Runs are marked, one has failed and was alerted, the digest is paused. */
async function live(sql: Database): Promise<void> {
  await emptyDatabase(sql);
  await sql`delete from jobs.run_totals where true`;
  const agency = await insertAgency(sql);
  await insertInstallments(sql, agency, { count: 5 });
  await sql`select jobs.announce_channels('[{"name": "slack", "kinds": ["run_failed"]}]')`;
  equal((await callJob()).status, 200);
  for (const status of ["failed", "success"]) {
    await sql`
      insert into public.jobs_log (job_name, started_at, completed_at, status)
      values ('finished-elsewhere', now() - interval '1 hour', now(), ${status})
    `;
  }
}

async function follow(
  steps: readonly CodeBlock[],
  stack: RunningStack,
  sql: Database,
): Promise<void> {
  const target = stackUrls(stack.config);
  await using shell = await openPageShell({
    SOURCE_URL: `${urls.databaseUrl}?sslmode=disable`,
    TARGET_URL: target.databaseUrl,
  });
  // Those of the stack.
  await sql`delete from vault.secrets where true`;
  for (const { language, code } of steps) {
    if (language === "sh") {
      await shell.paste(code);
      continue;
    }
    const filled = code
      .replace(
        "https://<project-ref>.supabase.co/functions/v1",
        target.functionsUrl,
      )
      .replace("<job key>", stack.keys.jobsApiKey);
    await sql.unsafe(filled).simple();
  }
}

async function assertWell(
  stack: RunningStack,
  sql: Database,
  source: RunningStack["config"],
): Promise<void> {
  deepEqual(await failedChecks(sql), []);
  const { exitCode, output } = await runDuewatch(
    ["doctor", "--db-url", stackUrls(stack.config).databaseUrl],
    { cwd: "/" },
  );
  equal(exitCode, 0, output);
  const objects = async (of: RunningStack) =>
    (await pgDump(of, "--schema-only", "--schema=public", "--schema=jobs"))
      .split(/^--\n-- Name: /m).slice(1)
      // A constraint is written anew when it is dumped a second time.
      .map((text) =>
        text.includes("; Type: ACL;") ? text.trim() : text.split("\n")[0]
      )
      .sort();
  deepEqual(
    differences(
      await objects({ ...stack, config: source }),
      await objects(stack),
    ).filter((line) => !/^.\s*schema public/i.test(line)),
    [],
  );
}

Deno.test("a live project moves to another one with the Supabase CLI, as the page says, and runs there", () =>
  withDatabase(async (source) => {
    await live(source);
    const before = await contents(source);
    await withBarePlatform(async (stack, sql) => {
      const steps = blocksOf(MOVE).filter((block) => !isOneFile(block));
      const isLast = ({ code }: CodeBlock) => code.includes("jobs.dispatch");
      await follow(steps.filter((step) => !isLast(step)), stack, sql);
      deepEqual(await contents(sql), before);
      await assertWell(stack, sql, config);
      const entries = await sql`
        select jobname, active from cron.job order by jobname
      `;
      deepEqual(
        [...entries].filter(({ active }) => !active).map(({ jobname }) =>
          jobname
        ),
        ["weekly-overdue-digest"],
        "What was paused stays paused, and all else is scheduled.",
      );

      await sql.unsafe(steps.find(isLast)?.code ?? "").simple();
      const [run] = await sql`
        select status, records_updated from public.jobs_log
        order by started_at desc limit 1
      `;
      deepEqual({ ...run }, { status: "success", records_updated: 0 });
      const [{ alerts }] = await sql`
        select count(*)::int as alerts from jobs.alerts where job_name = ${JOB}
      `;
      equal(alerts, 0, "Nothing is reported again.");

      await followDataOnly(stack, sql);
      await followPointInTime(sql);
    });
    await emptyDatabase(source);
  }));

async function followDataOnly(
  stack: RunningStack,
  sql: Database,
): Promise<void> {
  const steps = blocksOf("Data only");
  const totals = async () => [
    ...await sql`select * from jobs.run_totals order by job_name`,
    ...await sql`select count(*) from jobs.alerts`,
  ];
  const before = await totals();
  await sql`delete from public.jobs_log where true`;
  await using shell = await openPageShell({
    SOURCE_URL: urls.databaseUrl,
    TARGET_URL: stackUrls(stack.config).databaseUrl,
  });
  for (const { language, code } of steps) {
    if (language === "sh") await shell.paste(code);
    else await sql.unsafe(code).simple();
  }
  const [{ runs }] =
    await sql`select count(*)::int as runs from public.jobs_log`;
  equal(runs, 3);
  deepEqual(await totals(), before, "Nothing is counted or reported twice.");
}

async function followPointInTime(sql: Database): Promise<void> {
  for (const { language, code } of blocksOf("Point-in-time restore")) {
    if (language === "sql") {
      await sql.unsafe(code).simple();
      continue;
    }
    // They need a hosted project: the options are those that there are.
    const [, program, ...words] = code.trim().split(" ");
    const { code: exit } = program === "supabase"
      ? await run([supabaseCli(config), ...words.slice(0, 2), "--help"])
      : { code: (await runDuewatch([...words, "--help"])).exitCode };
    equal(exit, 0, code);
  }
  const paused = await sql`
    select job_name from jobs.definitions where jobs.is_paused(job_name)
  `;
  deepEqual([...paused], [{ job_name: "weekly-overdue-digest" }]);
}

Deno.test("the same in one file with pg_dump, and the doctor at the end", () =>
  withDatabase(async (source) => {
    await live(source);
    const before = await contents(source);
    await withBarePlatform(async (stack, sql) => {
      const all = blocksOf(MOVE);
      const [prepare] = all;
      const settings = all.filter(({ code }) => code.includes("vault."));
      const fix = all.filter(({ code }) => /--fix|revoke/.test(code));
      await follow(
        [prepare, ...all.filter(isOneFile), ...settings, ...fix],
        stack,
        sql,
      );
      deepEqual(await contents(sql), before);
      await assertWell(stack, sql, config);
      await using shell = await openPageShell({
        TARGET_URL: stackUrls(stack.config).databaseUrl,
      });
      const [{ code }] = blocksOf("Is all well?");
      match(await shell.paste(code), /Nothing has failed/);
    });
    await emptyDatabase(source);
  }));
