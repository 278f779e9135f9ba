import { deepEqual, equal, ok } from "node:assert/strict";
import { waitFor } from "../stack/wait.ts";
import { insertAgency } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";

const JOB = "update-installment-statuses";
/** From the cut-off to the mark, in seconds: what is promised. */
const PROMISED = 120;

/** A zone in which it is about noon, so that no midnight is near. */
function zoneAtNoon(now: Date): string {
  const hours = 12 - now.getUTCHours();
  return hours === 0
    ? "UTC"
    : `Etc/GMT${hours > 0 ? "-" : "+"}${Math.abs(hours)}`;
}

async function whileFollowing(
  work: (sql: Database) => Promise<void>,
): Promise<void> {
  await withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await sql`select jobs.follow_cutoffs(true)`;
    try {
      await work(sql);
    } finally {
      await sql`select jobs.follow_cutoffs(false)`;
      await emptyDatabase(sql);
    }
  });
}

Deno.test("an installment is marked within two minutes of its agency's cut-off, by a tick of pg_cron", () =>
  whileFollowing(async (sql) => {
    const timezone = zoneAtNoon(new Date());
    const [{ cutoff, at }] = await sql<{ cutoff: string; at: Date }[]>`
      select
        (instant at time zone ${timezone})::time::text as cutoff,
        instant as at
      from (
        select date_trunc('second', now()) + interval '5 seconds' as instant
      ) as soon
    `;
    const agency = await insertAgency(sql, { timezone, cutoff });
    const later = await insertAgency(sql, { timezone, cutoff: "23:59:59" });
    for (const { planId } of [agency, later]) {
      await sql`
        insert into public.installments (
          payment_plan_id, amount, student_due_date, status
        )
        values (
          ${planId}, 100, (now() at time zone ${timezone})::date, 'pending'
        )
      `;
    }

    const marked = await waitFor(async () => {
      const [change] = await sql<{ seconds: number }[]>`
        select extract(epoch from changed_at - ${at})::float as seconds
        from jobs.status_changes
        where agency_id = ${agency.id}
      `;
      return change;
    }, (PROMISED + 30) * 1000);
    ok(marked, "It was not marked.");
    ok(
      marked.seconds >= 0 && marked.seconds <= PROMISED,
      `marked ${marked.seconds} seconds after the cut-off`,
    );

    const ended = await waitFor(async () => {
      const [run] = await sql`
        select job_name, status, trigger_source, records_updated
        from public.jobs_log
        where status <> 'running'
      `;
      return run;
    }, 20_000);
    deepEqual({ ...ended }, {
      job_name: JOB,
      status: "success",
      trigger_source: "due",
      records_updated: 1,
    });
    const [{ status }] = await sql`
      select status
      from public.installments
      where payment_plan_id = ${later.planId}
    `;
    equal(status, "pending", "The other agency's cut-off has not passed.");

    // Nothing else is due: the next questions start no run.
    await sql`select jobs.ask_due_check(${JOB})`;
    const [{ is_due }] = await sql`
      select jobs.ask_due_check(${JOB}) as is_due
    `;
    equal(is_due, false);
  }));
