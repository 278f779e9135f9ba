// More jobs than pg_cron has slots, each of which takes longer than a tick waits.
import { equal } from "node:assert/strict";
import { waitFor } from "../stack/wait.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import { withVaultSettings } from "./support/vault_settings.ts";

// pg_cron has 32 slots.
const JOBS = 40;

// Two rounds of 10 seconds each. A tick that waited for its function's end would
// take 90 seconds for the first round alone.
const ROUNDS_MS = 60_000;

Deno.test("each of 40 jobs is called at one tick, though none of their functions answers", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const called = new Set<string>();
    const firstCalled = Promise.withResolvers<void>();
    const allCalled = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const functions = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async ({ url }) => {
        called.add(url);
        firstCalled.resolve();
        if (called.size === JOBS) allCalled.resolve();
        await release.promise;
        return new Response("late");
      },
    );
    try {
      const functions_url = `http://127.0.0.1:${functions.addr.port}`;
      await withVaultSettings(
        sql,
        { functions_url },
        () =>
          withJobs(sql, async () => {
            await within(90_000, "a tick comes", firstCalled.promise);
            await within(ROUNDS_MS, "every job is called", allCalled.promise);
            await ticksEnd(sql);
            const [{ runs }] = await sql`
            select count(distinct job_name)::int as runs
            from public.jobs_log
            where job_name like 'one-of-many-%'
              and status = 'running'
          `;
            equal(runs, JOBS);
          }),
      );
    } finally {
      release.resolve();
      await functions.shutdown();
      await emptyDatabase(sql);
    }
  }));

/** Registers the jobs, every minute, until the work is done, failed or not. */
async function withJobs(
  sql: Database,
  work: () => Promise<void>,
): Promise<void> {
  const names = Array.from({ length: JOBS }, (_, n) => `one-of-many-${n}`);
  try {
    for (const name of names) {
      await sql`
        select jobs.register(
          job_name => ${name},
          description => 'A job of the tests',
          schedule => '* * * * *',
          catch_up => false
        )
      `;
    }
    await work();
  } finally {
    for (const name of names) await sql`select jobs.unregister(${name})`;
  }
}

/** Resolves when pg_cron has logged the end of a tick of each job. */
async function ticksEnd(sql: Database): Promise<void> {
  const haveEnded = await waitFor(async () => {
    const [{ ended }] = await sql`
      select count(distinct entry.jobid)::int as ended
      from cron.job_run_details as tick
      join cron.job as entry using (jobid)
      where entry.jobname like 'one-of-many-%'
        and tick.status = 'succeeded'
    `;
    return ended === JOBS ? true : undefined;
  }, 60_000);
  if (haveEnded === undefined) throw new Error("The ticks do not end.");
}
