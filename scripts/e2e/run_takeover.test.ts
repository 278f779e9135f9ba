// Two requests with one run id: the first function to come works on the run, and
// any other is refused, or gets the result of the run.
import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import type { ReservedSql } from "postgres";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { type Answer, callJob } from "./support/functions.ts";
import { withGateOnInstallments } from "./support/gate.ts";
import {
  anotherSessionWaitsFor,
  isHeldUp,
  processOf,
  withSession,
} from "./support/sessions.ts";
import { withoutSupervisor } from "./support/supervisor.ts";
import { withTriggerOnInstallments } from "./support/trigger.ts";
import { withVaultSettings } from "./support/vault_settings.ts";

const JOB = "update-installment-statuses";

/** An empty database with some work, and no supervisor that ends runs. */
function withWork(
  work: (sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        await insertInstallments(sql, await insertAgency(sql), { count: 37 });
        await work(sql);
      })
    );
}

async function runs(sql: Database) {
  const rows = await sql<
    { id: string; status: string; records_updated: number; started_at: Date }[]
  >`
    select id, status, records_updated, started_at
    from public.jobs_log
    order by started_at
  `;
  return rows.map((run) => ({ ...run }));
}

Deno.test(
  "of ten simultaneous requests with one run id one works, and nine learn that the run is under way",
  withWork(async (sql) => {
    const runId = crypto.randomUUID();
    const answers = await withGateOnInstallments(sql, async (gate) => {
      const nineRefused = Promise.withResolvers<void>();
      let refused = 0;
      const requests = Array.from({ length: 10 }, async () => {
        const answer = await callJob({ runId });
        if (answer.status === 409 && ++refused === 9) nineRefused.resolve();
        return answer;
      });
      // The gate opens when the others have their answer, or all have one.
      await Promise.race([nineRefused.promise, Promise.all(requests)]);
      await gate.open();
      return await Promise.all(requests);
    });

    const [first, ...others] = answers.filter(({ status }) => status === 200);
    deepEqual(others, []);
    equal(first.body.recordsUpdated, 37);
    const refusals = answers.filter(({ status }) => status === 409);
    equal(refusals.length, 9);
    for (const { body } of refusals) {
      equal(body.error.code, "already_running");
      equal(body.runId, runId);
    }
    const [run, ...more] = await runs(sql);
    deepEqual(more, []);
    deepEqual([run.id, run.status, run.records_updated], [
      runId,
      "success",
      37,
    ]);

    const again = await callJob({ runId });
    equal(again.status, 200);
    deepEqual(again.body, first.body);
  }),
);

Deno.test(
  "a repeated request for a run that failed gets its first answer again, and nothing is done",
  withWork(async (sql) => {
    const runId = crypto.randomUUID();
    const body = "raise exception 'the ledger is closed';";
    const first = await withTriggerOnInstallments(
      sql,
      { level: "row", body },
      () => callJob({ runId }),
    );
    equal(first.status, 500);
    equal(first.body.error.code, "run_failed");

    const again = await callJob({ runId });
    equal(again.status, 500);
    deepEqual(again.body, first.body);
    equal((await runs(sql)).length, 1);
  }),
);

for (const end of ["commit", "rollback"] as const) {
  Deno.test(
    `a second worker waits for the first one's start, and ${
      end === "commit"
        ? "is refused after its commit"
        : "works after its rollback"
    }`,
    withWork((sql) =>
      withSession(sql, async (session) => {
        const runId = crypto.randomUUID();
        await session`begin`;
        equal(await acquires(session, runId), true);
        const second = acquires(sql, runId);
        await anotherSessionWaitsFor(sql, session);
        await session.unsafe(end);
        equal(await second, end === "rollback");
      })
    ),
  );
}

Deno.test(
  "a run begins after its wait for the start of another one",
  withWork((sql) =>
    withSession(sql, async (session) => {
      // The first one leaves the lock's row behind.
      for (const start of ["the first start", "a later start"]) {
        await session`begin`;
        const before = crypto.randomUUID();
        await acquires(session, before);
        await session`select public.finish_job_run(${before})`;
        const waiting = crypto.randomUUID();
        const acquired = acquires(sql, waiting);
        await anotherSessionWaitsFor(sql, session);
        const [{ waitedUntil }] = await session<{ waitedUntil: string }[]>`
          select clock_timestamp() as "waitedUntil"
        `;
        await session`commit`;

        equal(await acquired, true, start);
        const [{ begun }] = await sql`
          select started_at >= ${waitedUntil} as begun
          from public.jobs_log
          where id = ${waiting}
        `;
        equal(begun, true, start);
        await sql`select public.finish_job_run(${waiting})`;
      }
    })
  ),
);

Deno.test(
  "a run that was dispatched to a function that does not answer is taken over by the first request with its id",
  withWork(async (sql) => {
    const runId = await dispatchedInVain(sql);
    const [left] = await runs(sql);
    deepEqual([left.id, left.status], [runId, "running"]);

    const answers = await withGateOnInstallments(sql, async (gate) => {
      const first = callJob({ runId });
      await gate.waiting();
      const second = await callJob({ runId });
      const other = await callJob();
      await gate.open();
      return { first: await first, second, other };
    });

    equal(answers.first.status, 200);
    equal(answers.first.body.recordsUpdated, 37);
    for (const refused of [answers.second, answers.other]) {
      equal(refused.status, 409);
      equal(refused.body.runId, runId);
    }
    const [run, ...more] = await runs(sql);
    deepEqual(more, []);
    deepEqual([run.id, run.status, run.records_updated], [
      runId,
      "success",
      37,
    ]);
    equal(run.started_at > left.started_at, true);
  }),
);

Deno.test(
  "a function that is held up while it starts takes over the run that dispatch leaves to it",
  withWork((sql) =>
    withSession(sql, async (session) => {
      await sql`insert into jobs.start_locks values (${JOB}) on conflict do nothing`;
      await session`begin`;
      await session`
        select 1 from jobs.start_locks where job_name = ${JOB} for update
      `;
      await withSession(sql, async (caller) => {
        const pid = await processOf(caller);
        const dispatched = caller`
          select jobs.dispatch(${JOB}, 'cron', timeout_ms => 1500) as "runId"
        `;
        dispatched.catch(() => {});
        // The call has timed out, and its caller waits as well.
        await isHeldUp(sql, pid);
        await session`commit`;
        const [{ runId }] = await dispatched;
        const ended = await endOf(sql, runId);
        deepEqual([ended.status, ended.records_updated], ["success", 37]);
      });
      equal((await runs(sql)).length, 1);
    })
  ),
);

Deno.test(
  "a run that no function takes over is ended after two minutes and caught up",
  withWork(async (sql) => {
    const runId = await dispatchedInVain(sql);
    await sql`select jobs.supervise(now() + interval '100 seconds')`;
    equal((await runs(sql))[0].status, "running");
    await sql`select jobs.supervise(now() + interval '2 minutes')`;
    const [run] = await sql`
      select status, error_message from public.jobs_log where id = ${runId}
    `;
    equal(run.status, "failed");
    match(run.error_message, /did not answer, and it has not begun the run/);
    const [{ due }] = await sql`
      select array_agg(job) as due
      from jobs.due_catch_ups(now() + interval '3 minutes') as job
    `;
    deepEqual(due, [JOB]);

    // The function comes at last: it is too late.
    const late = await callJob({ runId });
    equal(late.status, 500);
    equal(late.body.error.message, run.error_message);
    equal((await runs(sql))[0].records_updated, 0);
  }),
);

for (const end of ["commit", "rollback"] as const) {
  Deno.test(
    `a worker that falls silent during a batch is ended a minute later, once the batch has let go of its row by a ${end}`,
    withWork((sql) =>
      withSession(sql, async (session) => {
        const runId = crypto.randomUUID();
        equal(await acquires(sql, runId), true);
        await session`begin`;
        await session`select public.process_installment_batch(${runId})`;

        // Does not wait for the row, and keeps the run alive.
        await sql`select public.report_job_progress(${runId})`;
        await sql`select jobs.supervise(now() + interval '5 minutes')`;
        equal((await runs(sql))[0].status, "running");
        await session.unsafe(end);

        await sql`select jobs.supervise(now() + interval '50 seconds')`;
        equal((await runs(sql))[0].status, "running");
        await sql`select jobs.supervise(now() + interval '61 seconds')`;
        const [run] = await runs(sql);
        equal(run.status, "failed");
        equal(run.records_updated, end === "commit" ? 37 : 0);
      })
    ),
  );
}

/** Starts a run with a token of its own. */
async function acquires(
  sql: Database | ReservedSql,
  runId: string,
): Promise<boolean> {
  const [{ acquired }] = await sql`
    select (
      public.start_job_run(
        ${JOB}, ${runId}, 'cron', token => gen_random_uuid()
      ) ->> 'acquired'
    )::boolean as acquired
  `;
  return acquired;
}

/** Dispatches the job to a function that receives the call and is silent. */
async function dispatchedInVain(sql: Database): Promise<string> {
  const called = Promise.withResolvers<string | null>();
  const release = Promise.withResolvers<Response>();
  const silent = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ headers }) => {
      called.resolve(headers.get("X-Run-Id"));
      return release.promise;
    },
  );
  try {
    const functions_url = `http://127.0.0.1:${silent.addr.port}`;
    return await withVaultSettings(sql, { functions_url }, async () => {
      const [{ runId }] = await sql`
        select jobs.dispatch(${JOB}, 'cron', timeout_ms => 500) as "runId"
      `;
      equal(await called.promise, runId);
      return runId;
    });
  } finally {
    release.resolve(new Response("late"));
    await silent.shutdown();
  }
}

/** Waits until a run has ended: any other request learns its result then. */
async function endOf(sql: Database, runId: string) {
  let answer: Answer;
  do answer = await callJob({ runId }); while (answer.status === 409);
  notEqual(answer.status, 404);
  const run = (await runs(sql)).find(({ id }) => id === runId);
  if (run === undefined) throw new Error(`There is no run ${runId}.`);
  return run;
}
