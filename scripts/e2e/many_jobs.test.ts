// More jobs than pg_cron has slots, each of which takes longer than a tick waits.
import { equal, ok } from "node:assert/strict";
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

// A tick waits 10 seconds for its function. One that waited for the function's
// end would hold its slot for 90.
const HELD_SECONDS = 45;

// On a busy machine pg_cron needs more than the two rounds of 10 seconds.
const LIMIT_MS = 240_000;

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
            await within(LIMIT_MS, "every job is called", allCalled.promise);
            const held = await ticksEnd(sql);
            ok(held < HELD_SECONDS, `half of the ticks took over ${held} s`);
            const [{ runs }] = await sql`
            select count(distinct job_name)::int as runs
            from public.jobs_log
            where job_name like 'one-of-many-%'
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

/**
 * Resolves when pg_cron has logged the end of a tick of each job.
 *
 * @returns how long the ticks took, in seconds: half of them less.
 */
async function ticksEnd(sql: Database): Promise<number> {
  const heldSeconds = await waitFor(async () => {
    const [{ ended, held }] = await sql`
      select
        count(distinct entry.jobid)::int as ended,
        percentile_cont(0.5) within group (
          order by extract(epoch from tick.end_time - tick.start_time)
        ) as held
      from cron.job_run_details as tick
      join cron.job as entry using (jobid)
      where entry.jobname like 'one-of-many-%'
        and tick.status = 'succeeded'
    `;
    return ended === JOBS ? Number(held) : undefined;
  }, LIMIT_MS);
  if (heldSeconds === undefined) throw new Error("The ticks do not end.");
  return heldSeconds;
}
