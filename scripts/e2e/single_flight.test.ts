import { deepEqual, equal, rejects } from "node:assert/strict";
import { countByStatus, insertAgency } from "./support/arrange.ts";
import { insertInstallments } from "./support/arrange.ts";
import { emptyDatabase, withDatabase } from "./support/database.ts";
import { callJob } from "./support/functions.ts";
import { withGateOnInstallments } from "./support/gate.ts";
import { withMetricsReader } from "./support/metrics_reader.ts";
import { rolledBack, type Transaction } from "./support/rolled_back.ts";
import { isHeldUp, processOf } from "./support/sessions.ts";

Deno.test("one of twenty simultaneous triggers runs, and nineteen get 409 with its id", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const agency = await insertAgency(sql);
    await insertInstallments(sql, agency, { count: 37 });

    const answers = await withGateOnInstallments(sql, async (gate) => {
      let refused = 0;
      let allRefused = () => {};
      const nineteenRefused = new Promise<void>((resolve) => {
        allRefused = resolve;
      });
      const triggers = Array.from({ length: 20 }, async () => {
        const answer = await callJob();
        if (answer.status === 409 && ++refused === 19) allRefused();
        return answer;
      });
      // The gate opens when the other callers have their answer, or all have one.
      await Promise.race([nineteenRefused, Promise.all(triggers)]);
      await gate.open();
      return await Promise.all(triggers);
    });

    const [winner, ...others] = answers.filter(({ status }) => status === 200);
    equal(others.length, 0);
    equal(winner.body.recordsUpdated, 37);

    const losers = answers.filter(({ status }) => status === 409);
    equal(losers.length, 19);
    for (const { body } of losers) {
      equal(body.runId, winner.body.runId);
      equal(body.error.code, "already_running");
      equal(body.error.message.includes(winner.body.runId), true);
    }

    deepEqual(await countByStatus(sql), { overdue: 37 });
    const runs = await sql`
      select id, status, records_updated
      from public.jobs_log
    `;
    deepEqual(runs.map((run) => ({ ...run })), [{
      id: winner.body.runId,
      status: "success",
      records_updated: 37,
    }]);
  }));

Deno.test("a trigger from the database during a run returns the id of that run", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await insertInstallments(sql, await insertAgency(sql));

    await withGateOnInstallments(sql, async (gate) => {
      const first = callJob();
      await gate.waiting();
      const [{ runId }] = await sql`
        select jobs.dispatch('update-installment-statuses') as "runId"
      `;
      await gate.open();
      equal(runId, (await first).body.runId);
    });

    const [{ count }] = await sql`select count(*)::int from public.jobs_log`;
    equal(count, 1);
  }));

// The jobs are not registered and have never been started.
const firstStarts = [
  ["ends well", "commit", false],
  ["is rolled back", "rollback", true],
] as const;

for (const [what, end, acquired] of firstStarts) {
  Deno.test(
    `of two first starts at once the second waits, and ${
      acquired ? "runs" : "does not run"
    } when the first ${what}`,
    () =>
      withDatabase(async (sql) => {
        await emptyDatabase(sql);
        const jobName = `first-start-${crypto.randomUUID()}`;
        const first = await sql.reserve();
        const second = await sql.reserve();
        try {
          await first`begin`;
          const winner = await startRun(first, jobName);
          equal(winner.acquired, true);

          const pid = await processOf(second);
          const started = startRun(second, jobName);
          await isHeldUp(sql, pid);
          await first.unsafe(end);

          const loser = await started;
          equal(loser.acquired, acquired);
          equal(loser.run_id === winner.run_id, !acquired);
          const [{ running }] = await sql`
          select count(*)::int as running
          from public.jobs_log
          where job_name = ${jobName}
        `;
          equal(running, 1);
        } finally {
          first.release();
          second.release();
        }
      }),
  );
}

Deno.test("starts of two jobs do not wait for each other", () =>
  withDatabase((sql) =>
    rolledBack(sql, async (one) => {
      equal((await startRun(one, "one-job")).acquired, true);
      await rolledBack(sql, async (another) => {
        await another`set local lock_timeout = '2s'`;
        equal((await startRun(another, "another-job")).acquired, true);
      });
    })
  ));

Deno.test("no lock that metrics_reader can hold keeps a job from starting", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const jobName = "held-by-a-reader";
    const taken = await rolledBack(sql, async (transaction) => {
      await startRun(transaction, jobName);
      return await transaction<{ key: string }[]>`
        select ((classid::bigint << 32) | objid::bigint)::text as key
        from pg_locks
        where pid = pg_backend_pid()
          and locktype = 'advisory'
      `;
    });

    await withMetricsReader(sql, async (reader) => {
      const mode = "in access share mode";
      for (const table of ["jobs.start_locks", "public.jobs_log"]) {
        await rejects(
          reader.begin((held) => held.unsafe(`lock table ${table} ${mode}`)),
          { code: INSUFFICIENT_PRIVILEGE },
        );
      }
      await reader`set default_transaction_read_only = off`;
      await reader.begin(async (held) => {
        await held`select id, job_name, status from public.jobs_log`;
        await held`select * from jobs.current_status()`;
        for (const { key } of taken) {
          await held`select pg_advisory_xact_lock(${key}::bigint)`;
        }
        await rolledBack(sql, async (transaction) => {
          await transaction`set local lock_timeout = '2s'`;
          equal((await startRun(transaction, jobName)).acquired, true);
        });
      });
    });
  }));

const INSUFFICIENT_PRIVILEGE = "42501";

async function startRun(
  session: Transaction,
  jobName: string,
): Promise<{ acquired: boolean; run_id: string }> {
  const [{ run }] = await session`
    select public.start_job_run(${jobName}) as run
  `;
  return run;
}
