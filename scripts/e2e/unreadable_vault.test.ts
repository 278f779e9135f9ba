// A Vault that was restored with another root key: reading a secret is an error.
// What reports on the jobs says so, and does not break.
import { deepEqual, equal, match } from "node:assert/strict";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { checkHealth } from "./support/health_check.ts";
import { jobs } from "./support/jobs_cli.ts";
import { readPage } from "./support/pages.ts";
import { fillIn } from "./support/placeholders.ts";
import { readSnippet } from "./support/snippets.ts";
import { asSuperuser } from "./support/superuser.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

const JOB = "update-installment-statuses";
const CODE = "setting_unreadable";

Deno.test("a Vault that cannot be read is a health reason, and following its page fixes it", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await withoutSupervisor(sql, async () => {
      deepEqual(await reasonsOf(), []);
      const nonces = await spoilVault();
      try {
        await assertReported(sql);
        const [{ runId }] = await sql`
          select jobs.dispatch(${JOB}) as "runId"
        `;
        const [run] = await sql`
          select status, error_message as "message"
          from public.jobs_log
          where id = ${runId}
        `;
        equal(run.status, "failed");
        match(run.message, /Vault cannot be read.*22000/);

        for (const command of await remedy()) {
          await sql.unsafe(command).simple();
        }
        deepEqual(await reasonsOf(), []);
      } finally {
        await restoreVault(nonces);
      }
    });
  }));

async function assertReported(sql: Database): Promise<void> {
  deepEqual(await reasonsOf(), [CODE, CODE]);

  const settings = await sql.unsafe((await readSnippet("settings.sql")).sql);
  for (const { problem } of settings) match(problem, /Vault cannot be read/);
  const report = await sql.unsafe((await readSnippet("health-check.sql")).sql);
  equal(
    report.filter(({ runbook }) => runbook?.includes(CODE.replace("_", "-")))
      .length,
    2,
  );

  const { stdout } = await jobs(["status"]);
  match(stdout, /Vault cannot be read/);
}

/** The codes of what the function says of the settings. */
async function reasonsOf(): Promise<string[]> {
  const { status, body } = await checkHealth({ dryRun: true });
  match(String(status), /^(200|503)$/);
  return body.system.reasons
    .map(({ code }: { code: string }) => code)
    .filter((code: string) => code.startsWith("setting_"));
}

async function remedy(): Promise<readonly string[]> {
  const { blocks } = await readPage("docs/runbooks/setting-unreadable.md");
  const commands = blocks.filter(({ language }) => language === "sql");
  return await Promise.all(
    commands.slice(0, 2).map(({ code }) => fillIn(code)),
  );
}

interface Nonce {
  readonly id: string;
  readonly nonce: Uint8Array;
}

async function spoilVault(): Promise<readonly Nonce[]> {
  return await asSuperuser(async (sql) => {
    const nonces = await sql<Nonce[]>`select id, nonce from vault.secrets`;
    await sql`update vault.secrets set nonce = ${new Uint8Array(16)}`;
    return nonces;
  });
}

async function restoreVault(nonces: readonly Nonce[]): Promise<void> {
  await asSuperuser(async (sql) => {
    for (const { id, nonce } of nonces) {
      await sql`update vault.secrets set nonce = ${nonce} where id = ${id}`;
    }
  });
}
