// Compares the results of saved queries with the inserted rows.
import { deepEqual, equal, ok } from "node:assert/strict";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import { writeListedResults } from "./support/run_results.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { JOBS, MAIN_JOB } from "./support/jobs.ts";
import { rolledBack } from "./support/rolled_back.ts";
import { readSnippet } from "./support/snippets.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

type Row = Readonly<Record<string, unknown>>;

/** Runs some work on an empty project that no other process writes to. */
function onEmptyProject(
  work: (sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        await work(sql);
      })
    );
}

async function ask(sql: Database, name: string): Promise<Row[]> {
  const { sql: query } = await readSnippet(name);
  const rows = await sql.unsafe(query);
  return rows.map((row) => ({ ...row }));
}

interface Run {
  readonly daysAgo: number;
  readonly seconds?: number;
  readonly status?: "success" | "failed";
  readonly records?: number | null;
  readonly metadata?: Parameters<Database["json"]>[0];
}

async function insertRun(
  sql: Database,
  { daysAgo, seconds = 1, status = "success", records = 0, metadata }: Run,
): Promise<void> {
  await sql`
    insert into public.jobs_log (
      job_name, started_at, completed_at, status, records_updated, metadata
    )
    select
      ${MAIN_JOB},
      at,
      at + make_interval(secs => ${seconds}),
      ${status},
      ${records},
      ${metadata === undefined ? null : sql.json(metadata)}
    from (select now() - make_interval(days => ${daysAgo}) as at) as run
  `;
}

Deno.test(
  "performance.sql adds up the successes of 30 days, and the average of seven",
  onEmptyProject(async (sql) => {
    for (const seconds of [1, 2, 3]) {
      await insertRun(sql, { daysAgo: 20, seconds, records: 10 });
    }
    await insertRun(sql, { daysAgo: 2, seconds: 4, records: null });
    await insertRun(sql, { daysAgo: 1, seconds: 10, records: 20 });
    await insertRun(sql, { daysAgo: 1, seconds: 500, status: "failed" });
    await insertRun(sql, { daysAgo: 31, seconds: 500, records: 500 });
    deepEqual(await ask(sql, "performance.sql"), [{
      job_name: MAIN_JOB,
      successful_runs: "5",
      avg_seconds: "4.0",
      recent_avg_seconds: "7.0",
      p50_seconds: "3.0",
      // Between 4 and 10: four fifths of the way, and 96 hundredths.
      p95_seconds: "8.8",
      p99_seconds: "9.8",
      max_seconds: "10.0",
      records_updated: "50",
      records_per_run: "10.0",
      slow_after_seconds: "60",
    }]);
  }),
);

Deno.test(
  "daily-records.sql has every day of 30, even those without a run",
  onEmptyProject(async (sql) => {
    await insertRun(sql, { daysAgo: 3, records: 4 });
    await insertRun(sql, { daysAgo: 3, records: 5 });
    await insertRun(sql, { daysAgo: 3, records: 1, status: "failed" });
    await insertRun(sql, { daysAgo: 29, records: 7 });
    await insertRun(sql, { daysAgo: 30, records: 8 });

    const rows = await ask(sql, "daily-records.sql");
    equal(rows.length, 30 * JOBS.length);
    const ofTheJob = rows.filter(({ job_name }) => job_name === MAIN_JOB);
    equal(ofTheJob.length, 30);
    deepEqual(
      ofTheJob.flatMap(({ day, runs, failed_runs, records_updated }, index) => {
        ok(day instanceof Date);
        return runs === "0"
          ? []
          : [{ index, runs, failed_runs, records_updated }];
      }),
      [
        { index: 3, runs: "3", failed_runs: "1", records_updated: "10" },
        { index: 29, runs: "1", failed_runs: "0", records_updated: "7" },
      ],
    );
  }),
);

Deno.test(
  "agency-results.sql adds up the changes of runs, with the names of the agencies",
  onEmptyProject(async (sql) => {
    const { id } = await insertAgency(sql, { name: "Known" });
    const gone = crypto.randomUUID();
    const changed = (agencyId: string, count: number) => ({
      agency_id: agencyId,
      updated_count: count,
      transitions: { pending_to_overdue: count },
    });
    await insertRun(sql, {
      daysAgo: 2,
      metadata: { agencies: [changed(id, 3), changed(gone, 1)] },
    });
    await insertRun(sql, {
      daysAgo: 1,
      metadata: { agencies: [changed(id, 4)] },
    });
    await insertRun(sql, {
      daysAgo: 31,
      metadata: { agencies: [changed(id, 100)] },
    });

    await writeListedResults(sql);

    const rows = await ask(sql, "agency-results.sql");
    deepEqual(
      rows.map(({ agency_id, agency, transition, updated_count, runs }) => ({
        agency_id,
        agency,
        transition,
        updated_count,
        runs,
      })),
      [
        {
          agency_id: id,
          agency: "Known",
          transition: "pending_to_overdue",
          updated_count: "7",
          runs: "2",
        },
        {
          agency_id: gone,
          agency: null,
          transition: "pending_to_overdue",
          updated_count: "1",
          runs: "1",
        },
      ],
    );
  }),
);

Deno.test(
  "next-overdue.sql has the pending installments that fall due within a week in the agency's local time, the soonest first",
  onEmptyProject(async (sql) => {
    // The same dates come sooner where the day began earlier.
    const late = await insertAgency(sql, {
      name: "Late",
      timezone: "Etc/GMT+12",
    });
    const early = await insertAgency(sql, {
      name: "Early",
      timezone: "Pacific/Kiritimati",
    });
    for (const agency of [late, early]) {
      await insertInstallments(sql, agency, { dueDaysAgo: -3, count: 2 });
      for (const dueDaysAgo of [5, -20]) {
        await insertInstallments(sql, agency, { dueDaysAgo });
      }
      const [id] = await insertInstallments(sql, agency, { dueDaysAgo: -3 });
      await sql`
        update public.installments
        set status = 'paid'
        where id = ${id}
      `;
    }
    const asleep = await insertAgency(sql, { name: "Asleep" });
    await insertInstallments(sql, asleep, { dueDaysAgo: -3 });
    await sql`
      update public.payment_plans
      set status = 'draft'
      where id = ${asleep.planId}
    `;

    const rows = await ask(sql, "next-overdue.sql");
    deepEqual(
      rows.map(({ agency, installments, amount }) => ({
        agency,
        installments,
        amount,
      })),
      ["Early", "Late"].map((agency) => ({
        agency,
        installments: "2",
        amount: "200.00",
      })),
    );
    const [{ isInstant }] = await sql`
      select
        (${String(rows[1].time_left)}::interval - ${
      String(rows[0].time_left)
    }::interval)
          = interval '26 hours' as "isInstant"
    `;
    ok(isInstant);
  }),
);

Deno.test("dashboard-access.sql has five rows after an installation, and one more for each object that is open to everyone", () =>
  withDatabase(async (sql) => {
    const objects = async (connection: Database) =>
      (await ask(connection, "dashboard-access.sql"))
        .map(({ object }) => String(object).replace(/\(.*/, ""))
        .sort();
    const installed = [
      "jobs.agency_transitions",
      "jobs.channel_backlog",
      "jobs.current_status",
      "jobs.failure_causes",
      "jobs_log",
    ];
    deepEqual(await objects(sql), installed);
    await rolledBack(sql, async (transaction) => {
      await transaction`
        create function public.open_to_everybody() returns int language sql return 1
      `;
      deepEqual(
        await objects(transaction),
        [...installed, "open_to_everybody"],
      );
    });
  }));
