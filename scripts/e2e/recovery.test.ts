import { deepEqual, equal, match } from "node:assert/strict";
import postgres from "postgres";
import { resetDatabase, startStack, stopStack } from "../stack/stack.ts";
import { waitFor } from "../stack/wait.ts";
import {
  about,
  type AlertServices,
  startAlertServices,
} from "../stand_ins/alert_services.ts";
import { countByStatus, insertAgency } from "./support/arrange.ts";
import { insertInstallments } from "./support/arrange.ts";
import { backdateRun } from "./support/backdate.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import { killFunction } from "./support/function_secrets.ts";
import { callJob } from "./support/functions.ts";
import { withGateOnInstallments } from "./support/gate.ts";
import { startListener } from "./support/listener.ts";
import * as own from "./support/own_stack.ts";
import { killAndWait } from "./support/processes.ts";

const JOB = "update-installment-statuses";
const BATCH = 5_000;
const INSTALLMENTS = 12_000;

Deno.test("a function that is killed in the middle of a run raises an alert, the run is caught up, and the recovery is reported", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await using services = await startAlertServices();
    await using _listener = await startListener({ env: services.environment });
    await insertInstallments(sql, await insertAgency(sql), {
      count: INSTALLMENTS,
    });

    await withGateOnInstallments(sql, async (gate) => {
      const underWay = callJob();
      await gate.waiting();
      await killFunction(JOB);
      equal((await underWay).status, 502);
    }, { behindFirstBatch: true });

    await recovers(sql, services);
  }));

Deno.test("a Postgres that is killed in the middle of a batch raises an alert, the run is caught up, and the recovery is reported", async () => {
  await own.removeOwnStack();
  const stack = { config: own.config, seed: false, firstRun: false };
  await resetDatabase(stack);
  const { databaseUrl } = own.urls;
  const sql = postgres(databaseUrl, { max: 5, onnotice: () => {} });
  try {
    await using services = await startAlertServices();
    await using _listener = await startListener({
      env: { ...services.environment, DATABASE_URL: databaseUrl },
    });
    await insertInstallments(sql, await insertAgency(sql), {
      count: INSTALLMENTS,
    });

    await withGateOnInstallments(sql, async (gate) => {
      const underWay = own.triggerOverHttp();
      const batch = await gate.waiting();
      const { postgres: postmaster } = await own.ownProcesses();
      // First, because the gate opens as soon as its keeper has noticed the end
      // of Postgres, and the batch would go on to its commit.
      Deno.kill(batch, "SIGKILL");
      await killAndWait(postmaster, "SIGKILL");
      const answer = await underWay;
      match(String(answer.status), /^5/, await answer.text());
      await startStack(stack);
    }, { behindFirstBatch: true, databaseUrl });

    deepEqual(await countByStatus(sql), {
      overdue: BATCH,
      pending: INSTALLMENTS - BATCH,
    });
    await recovers(sql, services);
  } finally {
    await sql.end({ timeout: 5 });
    await stopStack(own.config);
  }
});

/** From a run whose process died to its recovery. */
async function recovers(sql: Database, services: AlertServices): Promise<void> {
  const [dead] = await runs(sql);
  equal(dead.status, "running");

  await backdateRun(sql, dead.id, 15);
  await superviseUntil(sql, "the dead run is ended", async () => {
    const [{ status }] = await runs(sql);
    return status === "failed";
  });
  const [reaped] = await runs(sql);
  const failed = await within(
    20_000,
    "the alert of the dead run is delivered",
    services.delivered(about(JOB, /Job Failed/)),
  );
  for (const { text } of Object.values(failed)) match(text, /max_runtime/);

  // The back-off after a first failure is a minute.
  await backdateRun(sql, dead.id, 2);
  await superviseUntil(sql, "the catch-up run has succeeded", async () => {
    const [, catchUp] = await runs(sql);
    return catchUp?.status === "success";
  });
  const [, catchUp] = await runs(sql);
  equal(catchUp.trigger_source, "catch_up");
  await within(
    20_000,
    "the recovery is delivered",
    services.delivered(about(JOB, /Job Recovered/)),
  );

  deepEqual(await countByStatus(sql), { overdue: INSTALLMENTS });
  equal(reaped.records_updated + catchUp.records_updated, INSTALLMENTS);
  equal(reaped.records_updated > 0, true);
}

interface Run {
  readonly id: string;
  readonly status: string;
  readonly records_updated: number;
  readonly trigger_source: string;
}

async function runs(sql: Database): Promise<Run[]> {
  return await sql<Run[]>`
    select id, status, records_updated, trigger_source
    from public.jobs_log
    order by started_at
  `;
}

/** Supervises as pg_cron does every minute, until the expected value is there. */
async function superviseUntil(
  sql: Database,
  description: string,
  isSo: () => Promise<boolean>,
): Promise<void> {
  const [{ command }] = await sql`
    select jobs.supervisor_command() as command
  `;
  const so = await waitFor(async () => {
    await sql.unsafe(command);
    return await isSo() ? true : undefined;
  }, 60_000);
  if (so === undefined) throw new Error(`Did not happen: ${description}.`);
}
