import { deepEqual, equal, match } from "node:assert/strict";
import { waitFor } from "../stack/wait.ts";
import { always } from "../stand_ins/scenario.ts";
import { startMonitor, unknownCheck } from "../stand_ins/monitor.ts";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import { MAIN_JOB } from "./support/jobs.ts";
import { withTriggerOnInstallments } from "./support/trigger.ts";

const BROKEN = "raise exception 'the books are closed';";

/** Gives the main job a monitor for the length of some work, failed or not. */
async function withPingUrl(
  sql: Database,
  pingUrl: string,
  work: () => Promise<void>,
): Promise<void> {
  await sql`
    update jobs.definitions
    set ping_url = ${pingUrl}
    where job_name = ${MAIN_JOB}
  `;
  try {
    await work();
  } finally {
    await sql`
      update jobs.definitions
      set ping_url = null
      where job_name = ${MAIN_JOB}
    `;
  }
}

async function runOnce(sql: Database) {
  const [{ id }] = await sql<{ id: string }[]>`
    select jobs.dispatch(${MAIN_JOB}, 'manual') as id
  `;
  const [run] = await sql<
    { status: string; metadata: Record<string, unknown> }[]
  >`
    select status, metadata from public.jobs_log where id = ${id}
  `;
  return { id, ...run };
}

Deno.test("a success is reported to the monitor, and a failed run is not", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await using monitor = await startMonitor();
    await withPingUrl(sql, monitor.pingUrl, async () => {
      const broken = { level: "statement", body: BROKEN } as const;
      await insertInstallments(sql, await insertAgency(sql));
      await withTriggerOnInstallments(sql, broken, async () => {
        equal((await runOnce(sql)).status, "failed");
      });
      equal((await runOnce(sql)).status, "success");
      await within(
        20_000,
        "the ping",
        monitor.calls.first(({ delivered }) => delivered),
      );
      // The failed run came first: its ping would be here by now.
      equal(monitor.calls.entries.length, 1);
    });
  }));

Deno.test("a monitor that refuses the ping fails no run, and the row says so", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await using monitor = await startMonitor();
    monitor.follow(always(unknownCheck));
    await withPingUrl(sql, monitor.pingUrl, async () => {
      const { id, status } = await runOnce(sql);
      equal(status, "success");
      const noted = await waitFor(async () => {
        const [{ problem }] = await sql<{ problem: string | null }[]>`
          select metadata ->> 'ping_error' as problem
          from public.jobs_log
          where id = ${id}
        `;
        return problem ?? undefined;
      }, 30_000);
      match(noted ?? "", /^The monitor answered 404/);
      deepEqual(
        monitor.calls.entries.map(({ fault }) => fault),
        ["not_found"],
      );
      const [{ alerts }] = await sql<{ alerts: number }[]>`
        select count(*)::int as alerts from jobs.alerts
      `;
      equal(alerts, 0);
    });
  }));
