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
import { withoutSupervisor } from "./support/supervisor.ts";

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
  // A run of the last ten minutes may have been logged by an application.
  await sql`
    update public.jobs_log
    set created_at = created_at - interval '11 minutes'
    where true
  `;
}

/** A project whose own supervisor changes nothing while it is dumped. */
const onLiveProject = (
  work: (before: Awaited<ReturnType<typeof contents>>) => Promise<void>,
) =>
  withDatabase((source) =>
    withoutSupervisor(source, async () => {
      await live(source);
      await work(await contents(source));
      await emptyDatabase(source);
    })
  );

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
  if (steps.some(({ code }) => code.includes("vault."))) {
    // Those of the stack.
    await sql`delete from vault.secrets where true`;
  }
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

/** Compares what came over before pg_cron starts anything there. */
async function followBefore(
  steps: readonly CodeBlock[],
  { stack, sql, contents: expected }: {
    readonly stack: RunningStack;
    readonly sql: Database;
    readonly contents: Awaited<ReturnType<typeof contents>>;
  },
): Promise<void> {
  const starts = steps.findIndex(({ code }) => code.includes("--fix"));
  await follow(steps.slice(0, starts), stack, sql);
  deepEqual(await contents(sql), expected);
  await follow(steps.slice(starts), stack, sql);
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

Deno.test("a live project moves to another one, by the Supabase CLI and by pg_dump, as the page says, and runs there", () =>
  onLiveProject(async (before) => {
    await withBarePlatform(async (stack, sql) => {
      const steps = blocksOf(MOVE).filter((block) => !isOneFile(block));
      const isLast = ({ code }: CodeBlock) => code.includes("jobs.dispatch");
      await followBefore(steps.filter((step) => !isLast(step)), {
        stack,
        sql,
        contents: before,
      });
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
      await followOneFile(stack, sql, before);
    });
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

/** Moves once more, in one file with `pg_dump`, into the same target. */
async function followOneFile(
  stack: RunningStack,
  sql: Database,
  before: Awaited<ReturnType<typeof contents>>,
): Promise<void> {
  await emptyTarget(sql);
  const steps = blocksOf(MOVE, (code) => !code.includes("create role"));
  const settings = steps.filter(({ code }) => code.includes("vault."));
  const repairs = steps.filter(({ code }) => /--fix|revoke/.test(code));
  await followBefore([...steps.filter(isOneFile), ...settings, ...repairs], {
    stack,
    sql,
    contents: before,
  });
  await assertWell(stack, sql, config);
  await using shell = await openPageShell({
    TARGET_URL: stackUrls(stack.config).databaseUrl,
  });
  const [{ code }] = blocksOf("Is all well?");
  match(await shell.paste(code), /Nothing has failed/);
}

/** Takes everything out again, but what the platform has. */
async function emptyTarget(sql: Database): Promise<void> {
  await sql.unsafe(`
    select cron.unschedule(jobid) from cron.job;
    drop schema jobs, supabase_migrations cascade;
    do $empty$
    declare
      left_over record;
    begin
      for left_over in
        select relation.oid::regclass as name, relation.relkind = 'v' as is_view
        from pg_catalog.pg_class as relation
        where relation.relnamespace = 'public'::regnamespace
          and relation.relkind in ('r', 'v')
        order by relation.relkind desc
      loop
        execute format(
          'drop %s if exists %s cascade',
          case when left_over.is_view then 'view' else 'table' end,
          left_over.name
        );
      end loop;
      for left_over in
        select routine.oid::regprocedure as name
        from pg_catalog.pg_proc as routine
        where routine.pronamespace = 'public'::regnamespace
      loop
        execute format('drop function %s cascade', left_over.name);
      end loop;
    end
    $empty$;
  `).simple();
}
