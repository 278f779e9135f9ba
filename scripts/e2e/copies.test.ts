// A copy of the data directory, with a Vault that can be read: the worst case.
// Follows docs/how-to/branches-and-clones.md.
import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { freePorts } from "../check/free_ports.ts";
import { runDuewatch } from "../duewatch/testing/fake_runtime.ts";
import { startAlertServices } from "../stand_ins/alert_services.ts";
import {
  type Cluster,
  clusterPaths,
  existingCluster,
  startCluster,
  stopCluster,
} from "../stack/cluster.ts";
import { asClusterUser, ensureClusterHome } from "../stack/cluster_home.ts";
import { runOrThrow } from "../stack/command.ts";
import {
  asSuperuser,
  withDatabase as withStackDatabase,
} from "../stack/database.ts";
import { type StackConfig, stackUrls, startStack } from "../stack/stack.ts";
import { statePaths } from "../stack/state_dir.ts";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { readPage } from "./support/pages.ts";
import { removeStack } from "./support/remove_stack.ts";
import { config, keys, urls } from "./support/stack.ts";
import { withoutSupervisor } from "./support/supervisor.ts";
import { withVaultSettings } from "./support/vault_settings.ts";

const JOB = "update-installment-statuses";
const [apiPort, dbPort] = freePorts(2);
const copyConfig: StackConfig = {
  ...config,
  stateDir: join(config.stateDir, "copy"),
  apiPort,
  dbPort,
  functionsEnvFile: join(config.stateDir, "copy", "functions.env"),
};
const copyUrls = stackUrls(copyConfig);
const { blocks } = await readPage("docs/how-to/branches-and-clones.md");

const statementsOf = (section: string) => {
  const found = blocks.filter((block) => block.section === section)
    .map(({ code }) => code);
  equal(found.length > 0, true, section);
  return found;
};

/** Copies the running database as a backup does, and starts the copy. */
async function startCopy(): Promise<Cluster> {
  await removeStack(copyConfig);
  const original = await existingCluster(config);
  if (original === null) throw new Error("There is no database to copy.");
  const { user, installation } = original;
  const home = await ensureClusterHome(copyConfig, user);
  await runOrThrow(
    "copy the database",
    asClusterUser(user, [
      join(installation.libDir, "bin", "pg_basebackup"),
      `--pgdata=${clusterPaths(home).data}`,
      "--host=127.0.0.1",
      `--port=${config.dbPort}`,
      "--username=postgres",
      "--wal-method=fetch",
      "--checkpoint=fast",
    ]),
    { env: { PGPASSWORD: "postgres" } },
  );
  const copy = { home, installation, user, port: dbPort };
  await startCluster(copy);
  const [entriesOfThisPort] = statementsOf("A copy on the same machine");
  await withStackDatabase(
    copyConfig,
    (sql) => sql.unsafe(entriesOfThisPort).simple(),
    asSuperuser(await keys()),
  );
  return copy;
}

/** Does what pg_cron does each minute. It raises what it has met. */
async function supervise(sql: Database): Promise<void> {
  const [{ command }] = await sql`select jobs.supervisor_command() as command`;
  try {
    await sql.unsafe(command).simple();
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
  }
}

async function dispatched(
  sql: Database,
): Promise<{ status: string; error: string }> {
  const [{ id }] = await sql`select jobs.dispatch(${JOB}, 'cron') as id`;
  const [run] = await sql<{ status: string; error: string }[]>`
    select status, error_message as error from public.jobs_log where id = ${id}
  `;
  return { ...run };
}

const countRuns = async (sql: Database) => {
  const [{ runs }] =
    await sql`select count(*)::int as runs from public.jobs_log`;
  return runs;
};

const isCopy = async (sql: Database) => {
  const [{ copy }] = await sql`select jobs.is_copy() as copy`;
  return copy;
};

/** A database with work to do, an alert that waits, and every way out. */
async function arrange(sql: Database): Promise<void> {
  await emptyDatabase(sql);
  const agency = await insertAgency(sql);
  await insertInstallments(sql, agency, { count: 3 });
  await sql`select jobs.announce_channels('[{"name": "slack", "kinds": ["run_failed"]}]')`;
  await sql`
    insert into public.jobs_log (job_name, started_at, completed_at, status)
    values ('finished-elsewhere', now(), now(), 'failed')
  `;
  await sql`
    update jobs.alert_deliveries
    set queued_at = now() - interval '1 hour', next_attempt_at = now() - interval '1 hour'
    where true
  `;
}

async function assertHarmless(sql: Database, copy: Database): Promise<void> {
  const before = await countRuns(sql);
  await supervise(copy);
  const refused = await dispatched(copy);
  equal(refused.status, "failed");
  match(refused.error, /belongs? to another database/);
  await supervise(copy);
  equal(await isCopy(copy), true);

  equal(await countRuns(sql), before, "No run was started in the original.");
  const statuses = await sql`select distinct status from public.installments`;
  deepEqual([...statuses], [{ status: "pending" }]);
  const { exitCode, output } = await runDuewatch(
    ["doctor", "--db-url", copyUrls.databaseUrl],
    { cwd: "/" },
  );
  equal(exitCode, 1);
  match(output, /belong to another database/);
}

async function assertOriginalGoesOn(sql: Database): Promise<void> {
  equal((await dispatched(sql)).status, "success");
  const statuses = await sql`select distinct status from public.installments`;
  deepEqual([...statuses], [{ status: "overdue" }]);
  equal(await isCopy(sql), false);
}

/** The functions were connected to another database for a while. */
async function assertWrongRefusalEnds(sql: Database): Promise<void> {
  await sql`
    insert into jobs.refused_address (functions_url, refused_since, refused_at)
    values (jobs.setting('functions_url'), now() - interval '5 minutes', now() - interval '5 minutes')
  `;
  equal(await isCopy(sql), true);
  await sql`select jobs.request_delivery()`;
  equal(
    await isCopy(sql),
    false,
    "The health check answers 503, because of this very refusal.",
  );
}

async function assertDisarmed(copy: Database): Promise<void> {
  const [disarm, look, entries] = statementsOf("Disarm a copy");
  await copy.unsafe(disarm).simple();
  const [jobs, secrets] = (await copy.unsafe(look).simple()) as unknown as [
    { active: boolean; reason: string | null }[],
    { name: string }[],
  ];
  deepEqual(jobs.filter(({ active, reason }) => active || reason === null), []);
  deepEqual([...secrets], []);
  const running = await copy.unsafe(entries);
  equal(running.some(({ command }) => command.includes("dispatch")), false);
  await supervise(copy);
  const waiting = await copy`
    select 1 from jobs.alert_deliveries
    union all
    select 1 from jobs.last_resort where message is not null
  `;
  equal(waiting.length, 0);
}

/** With functions of its own it works, also after a restart. */
async function assertAdopted(cluster: Cluster, sql: Database): Promise<void> {
  const stateDir = copyConfig.stateDir;
  await Deno.mkdir(stateDir, { recursive: true });
  // The roles have the passwords of the original.
  await Deno.copyFile(
    statePaths(config).keysFile,
    statePaths(copyConfig).keysFile,
  );
  const stack = await startStack({
    config: copyConfig,
    seed: false,
    firstRun: false,
  });
  const inOriginal = await countRuns(sql);
  const [store, resume] = statementsOf("Make it a project of its own");
  for (const isFirst of [true, false]) {
    await withStackDatabase(copyConfig, async (copy) => {
      if (isFirst) {
        await copy`delete from vault.secrets where true`;
        await copy.unsafe(
          store
            .replace(
              "https://<project-ref>.supabase.co/functions/v1",
              copyUrls.functionsUrl,
            )
            .replace("<job key>", stack.keys.jobsApiKey),
        ).simple();
        await copy.unsafe(resume).simple();
      }
      deepEqual(await dispatched(copy), { status: "success", error: null });
      equal(await isCopy(copy), false);
    });
    if (!isFirst) break;
    await stopCluster(cluster);
    await startCluster(cluster);
  }
  equal(await countRuns(sql), inOriginal);

  // On a branch the seed does this.
  const [seed] = statementsOf("Supabase branches");
  await withStackDatabase(copyConfig, async (copy) => {
    await copy.unsafe(seed).simple();
    const [{ paused }] = await copy`
      select bool_and(jobs.is_paused(job_name)) as paused from jobs.definitions
    `;
    equal(paused, true);
  });
}

Deno.test("a copy starts and reports nothing, is disarmed, and becomes a project of its own", () =>
  withDatabase(async (sql) => {
    await using services = await startAlertServices();
    await arrange(sql);
    const { slack, resend } = services;
    const reached = () =>
      slack.calls.entries.length + resend.calls.entries.length;
    try {
      await withVaultSettings(sql, {
        slack_webhook_url: slack.webhookUrl,
        resend_base_url: resend.baseUrl,
        resend_api_key: resend.apiKey,
        alert_email_from: "alerts@example.com",
        alert_email_to: "on-call@example.com",
      }, () =>
        withoutSupervisor(sql, async () => {
          const cluster = await startCopy();
          await withStackDatabase(copyConfig, async (copy) => {
            const [{ url }] =
              await copy`select jobs.setting('functions_url') as url`;
            equal(
              url,
              urls.functionsUrl,
              "The copy has the original's settings.",
            );
            await assertHarmless(sql, copy);
            equal(
              reached(),
              0,
              "Nobody was alerted under the original's name.",
            );
            await assertOriginalGoesOn(sql);
            await assertWrongRefusalEnds(sql);
            await assertDisarmed(copy);
          });
          await assertAdopted(cluster, sql);
          equal(reached(), 0);
        }));
    } finally {
      await removeStack(copyConfig);
      await emptyDatabase(sql);
    }
  }));
