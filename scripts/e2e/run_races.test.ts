import { deepEqual, equal, rejects } from "node:assert/strict";
import type { ReservedSql } from "postgres";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import {
  anotherSessionWaitsFor,
  isHeldUp,
  processOf,
  withSession,
} from "./support/sessions.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

/** An empty database, a second session, and no supervisor that ends runs. */
function withTwoSessions(
  work: (sql: Database, session: ReservedSql) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        await withSession(sql, (session) => work(sql, session));
      })
    );
}

/** A job that no test has used before, so that its totals begin at 0. */
function newJob(): string {
  return `raced-${crypto.randomUUID()}`;
}

/** Logs a run that began an hour ago, longer than a run may take. */
async function insertRun(sql: Database, jobName: string): Promise<string> {
  const [{ id }] = await sql`
    insert into public.jobs_log (job_name, started_at, status)
    values (${jobName}, now() - interval '1 hour', 'running')
    returning id
  `;
  return id;
}

async function finish(
  sql: Database,
  runId: string,
  { status = "success", itemsProcessed = null }: {
    status?: "success" | "failed";
    itemsProcessed?: number | null;
  } = {},
): Promise<string> {
  const [{ run }] = await sql`
    select public.finish_job_run(
      run_id => ${runId},
      status => ${status},
      items_total => ${itemsProcessed},
      items_processed => ${itemsProcessed}
    ) as run
  `;
  return run.status;
}

async function reap(sql: Database, jobName: string): Promise<string[]> {
  const rows = await sql`select jobs.reap_runs(${jobName}) as id`;
  return rows.map(({ id }) => id);
}

async function report(
  sql: Database,
  runId: string,
  itemsProcessed: number,
): Promise<void> {
  await sql`
    select public.report_job_progress(
      run_id => ${runId},
      items_total => 10,
      items_processed => ${itemsProcessed}
    )
  `;
}

/** The log, the totals and the alerts of a job's only run. */
async function traces(
  sql: Database,
  jobName: string,
): Promise<{ status: string; totals: [number, number]; alerts: string[] }> {
  const [run] = await sql`
    select status from public.jobs_log where job_name = ${jobName}
  `;
  const [total] = await sql`
    select successes::int, failures::int
    from jobs.run_totals
    where job_name = ${jobName}
  `;
  const alerts = await sql`
    select kind from jobs.alerts where job_name = ${jobName} order by sequence
  `;
  return {
    status: run.status,
    totals: [total.successes, total.failures],
    alerts: alerts.map(({ kind }) => kind),
  };
}

const SUCCESS = { status: "success", totals: [1, 0], alerts: [] };
const FAILURE = { status: "failed", totals: [0, 1], alerts: ["run_failed"] };

for (
  const [first, second, end] of [
    ["success", "failed", "commit"],
    ["failed", "success", "commit"],
    ["success", "failed", "rollback"],
    ["failed", "success", "rollback"],
  ] as const
) {
  const counts = end === "commit" ? first : second;
  Deno.test(
    `a run that is ended twice at once is a ${counts} when ${first} is ` +
      `followed by a ${end} and ${second} waits for it`,
    withTwoSessions(async (sql, session) => {
      const jobName = newJob();
      const runId = await insertRun(sql, jobName);
      await session`begin`;
      await finish(session, runId, { status: first });
      const other = finish(sql, runId, { status: second });
      await anotherSessionWaitsFor(sql, session);
      await session.unsafe(end);

      equal(await other, counts);
      deepEqual(
        await traces(sql, jobName),
        counts === "success" ? SUCCESS : FAILURE,
      );
    }),
  );
}

Deno.test(
  "a run that is being finished is not reaped, and the reaper does not wait",
  withTwoSessions(async (sql, session) => {
    const jobName = newJob();
    const runId = await insertRun(sql, jobName);
    await session`begin`;
    await finish(session, runId);
    const reaped = await within(5_000, "the reaper ends", reap(sql, jobName));
    deepEqual(reaped, []);
    await session`commit`;

    deepEqual(await reap(sql, jobName), []);
    deepEqual(await traces(sql, jobName), SUCCESS);
  }),
);

for (const [end, status] of [["commit", "failed"], ["rollback", "success"]]) {
  Deno.test(
    `the success of a run that is being reaped waits, and is a ${status} after the ${end}`,
    withTwoSessions(async (sql, session) => {
      const jobName = newJob();
      const runId = await insertRun(sql, jobName);
      await session`begin`;
      deepEqual(await reap(session, jobName), [runId]);
      const other = finish(sql, runId);
      await anotherSessionWaitsFor(sql, session);
      await session.unsafe(end);

      equal(await other, status);
      deepEqual(
        await traces(sql, jobName),
        status === "success" ? SUCCESS : FAILURE,
      );
    }),
  );
}

async function itemsProcessed(sql: Database, runId: string): Promise<number> {
  const [run] = await sql`
    select items_processed from public.jobs_log where id = ${runId}
  `;
  return run.items_processed;
}

Deno.test(
  "a progress report that waits for a later one lowers no count",
  withTwoSessions(async (sql, session) => {
    const runId = await insertRun(sql, newJob());
    await session`begin`;
    await report(session, runId, 7);
    const late = report(sql, runId, 5);
    await anotherSessionWaitsFor(sql, session);
    await session`commit`;
    await late;

    equal(await itemsProcessed(sql, runId), 7);
  }),
);

Deno.test(
  "a progress report that waits for the end of the run is refused",
  withTwoSessions(async (sql, session) => {
    const runId = await insertRun(sql, newJob());
    await session`begin`;
    await finish(session, runId, { itemsProcessed: 9 });
    const refused = rejects(report(sql, runId, 10), { code: "PT409" });
    await anotherSessionWaitsFor(sql, session);
    await session`commit`;
    await refused;

    equal(await itemsProcessed(sql, runId), 9);
  }),
);

async function processBatch(
  sql: Database,
  runId: string,
  batchSize: number,
): Promise<{ done: boolean; updated: number; records_updated: number }> {
  const [{ batch }] = await sql`
    select public.process_installment_batch(
      run_id => ${runId},
      batch_size => ${batchSize}
    ) as batch
  `;
  return batch;
}

for (const [end, before] of [["commit", 3], ["rollback", 0]] as const) {
  Deno.test(
    `two batches of one run at once are both counted when the first ends in a ${end}`,
    withTwoSessions(async (sql, session) => {
      const agency = await insertAgency(sql);
      await insertInstallments(sql, agency, { count: 10 });
      const [{ runId }] = await sql`
        select public.start_job_run('update-installment-statuses') ->> 'run_id'
          as "runId"
      `;
      await session`begin`;
      equal((await processBatch(session, runId, 3)).updated, 3);
      const other = processBatch(sql, runId, 4);
      await anotherSessionWaitsFor(sql, session);
      await session.unsafe(end);

      const { updated, records_updated } = await other;
      deepEqual([updated, records_updated], [4, before + 4]);
      const last = await processBatch(sql, runId, 100);
      deepEqual([last.done, last.records_updated], [true, 10]);
      await finish(sql, runId);
      const [{ agencies }] = await sql`
        select metadata -> 'agencies' as agencies
        from public.jobs_log
        where id = ${runId}
      `;
      deepEqual(agencies, [{
        agency_id: agency.id,
        updated_count: 10,
        transitions: { pending_to_overdue: 10 },
      }]);
    }),
  );
}

/** Statements that end runs of several jobs, in the order of the list. */
const endings = {
  // Each run starts a minute before the one after it in the list.
  async update(sql: Database, jobNames: readonly string[]) {
    await sql`
      update public.jobs_log as run
      set status = 'success'
      from unnest(${[...jobNames]}::text[]) with ordinality
        as listed (job_name, position)
      where run.job_name = listed.job_name
        and run.metadata ->> 'list' = ${jobNames.join()}
    `;
  },
  async insert(sql: Database, jobNames: readonly string[]) {
    await sql`
      insert into public.jobs_log (job_name, started_at, status)
      select
        listed.job_name,
        now() + listed.position * interval '1 minute',
        'success'
      from unnest(${[...jobNames]}::text[]) with ordinality
        as listed (job_name, position)
      order by listed.position
    `;
  },
};

async function insertRunsOf(
  sql: Database,
  jobNames: readonly string[],
): Promise<void> {
  await sql`
    insert into public.jobs_log (job_name, started_at, status, metadata)
    select
      listed.job_name,
      now() + listed.position * interval '1 minute',
      'running',
      jsonb_build_object('list', ${jobNames.join()}::text)
    from unnest(${[...jobNames]}::text[]) with ordinality
      as listed (job_name, position)
    order by listed.position
  `;
}

/** Ends a run of each job once, so that each has a row of totals to lock. */
async function insertTotals(
  sql: Database,
  jobNames: readonly string[],
): Promise<void> {
  await endings.insert(sql, jobNames);
}

async function holdTotals(session: ReservedSql, jobName: string) {
  await session`begin`;
  await session`
    select 1 from jobs.run_totals where job_name = ${jobName} for update
  `;
}

for (const [verb, end] of Object.entries(endings)) {
  Deno.test(
    `two statements that ${verb} runs of several jobs in opposite order both end, and every run counts`,
    withTwoSessions((sql, holder) =>
      withSession(sql, (forth) =>
        withSession(sql, async (back) => {
          const [first, middle, last] = ["a", "b", "c"].map((letter) =>
            `${letter}-${newJob()}`
          );
          const ways = [[first, middle, last], [last, middle, first]];
          await insertTotals(sql, [middle, last, first]);
          for (const jobNames of ways) await insertRunsOf(sql, jobNames);

          // Both have begun before either can go on.
          await holdTotals(holder, middle);
          const processes = await Promise.all([forth, back].map(processOf));
          const both = Promise.all([end(forth, ways[0]), end(back, ways[1])]);
          both.catch(() => {});
          for (const pid of processes) await isHeldUp(sql, pid);
          await holder`commit`;
          await within(20_000, "both statements end", both);

          const totals = await sql`
            select job_name, successes::int
            from jobs.run_totals
            where job_name in ${sql(ways[0])}
            order by job_name
          `;
          deepEqual(
            totals.map(({ job_name, successes }) => [job_name, successes]),
            ways[0].map((jobName) => [jobName, 3]),
          );
        }))
    ),
  );
}

Deno.test(
  "a statement that ends runs of many jobs counts them in the order of their names",
  withTwoSessions((sql, holder) =>
    withSession(sql, async (session) => {
      const prefix = newJob();
      const jobNames = Array.from(
        { length: 26 },
        (_, number) => `${prefix}-${String.fromCharCode(97 + number)}`,
      );
      // In no order at all, and the same in each run of the test.
      const shuffled = jobNames.map((_, number) =>
        jobNames[(number * 11 + 5) % 26]
      );
      await insertTotals(sql, shuffled);
      await insertRunsOf(sql, shuffled);

      await holdTotals(holder, jobNames[12]);
      const pid = await processOf(session);
      const ended = endings.update(session, shuffled);
      await isHeldUp(sql, pid);
      const free = await sql`
        select job_name
        from jobs.run_totals
        where starts_with(job_name, ${prefix})
        order by job_name
        for update skip locked
      `;
      await holder`commit`;
      await ended;

      deepEqual(free.map(({ job_name }) => job_name), jobNames.slice(13));
    })
  ),
);
