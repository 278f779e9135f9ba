import { deepEqual, equal } from "node:assert/strict";
import { type Agency, insertAgency } from "./support/arrange.ts";
import { countByStatus, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { callJob } from "./support/functions.ts";
import { type Transaction } from "./support/rolled_back.ts";

/** What `correct_overdue` answers, as far as these tests look at it. */
interface Correction {
  readonly corrected: number;
  readonly remaining: number;
  readonly runId: string | null;
}

async function correct(
  sql: Database,
  { dryRun }: { readonly dryRun: boolean },
): Promise<Correction> {
  const [{ answer }] = await sql<{ answer: Correction }[]>`
    select public.correct_overdue(dry_run => ${dryRun}) as answer
  `;
  return answer;
}

/** Which statuses an installment went through, the oldest first. */
async function historyOf(sql: Database, id: string): Promise<string[]> {
  const rows = await sql<{ to_status: string; reason: string }[]>`
    select to_status, reason
    from public.installment_history(${id})
  `;
  return rows.map(({ to_status, reason }) => `${to_status}: ${reason}`)
    .toReversed();
}

async function holding(
  sql: Database,
  id: string,
  work: () => Promise<void>,
): Promise<void> {
  const holder: Transaction = await sql.reserve();
  try {
    await holder`begin`;
    await holder`select 1 from public.installments where id = ${id} for update`;
    await work();
  } finally {
    await holder`rollback`;
    holder.release();
  }
}

Deno.test("500 installments that a wrong time zone marked go back to pending, but for the paid and the overdue ones", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    // Today where the day begins first, and not over where it ends last.
    const agency = await insertAgency(sql, {
      timezone: "Pacific/Kiritimati",
      cutoff: "00:00:00",
    });
    const today = await localDate(sql, "Pacific/Kiritimati");
    const wrong = await insertDue(sql, agency, today, 500);
    const overdue = await insertInstallments(sql, agency, {
      dueDaysAgo: 9,
      count: 2,
    });

    const run = await callJob();
    equal(run.status, 200);
    equal(run.body.recordsUpdated, 502);

    const paid = wrong.slice(0, 3);
    await sql`
      update public.installments
      set status = 'paid', paid_at = now()
      where id in ${sql(paid)}
    `;
    await sql`
      update public.agencies
      set timezone = 'Pacific/Niue', overdue_cutoff_time = '23:59:59'
      where id = ${agency.id}
    `;

    const rehearsal = await correct(sql, { dryRun: true });
    deepEqual([rehearsal.corrected, rehearsal.runId], [497, null]);
    deepEqual(await countByStatus(sql), { overdue: 499, paid: 3 });

    const correction = await correct(sql, { dryRun: false });
    deepEqual([correction.corrected, correction.remaining], [497, 0]);
    deepEqual(await countByStatus(sql), { overdue: 2, paid: 3, pending: 497 });
    equal((await correct(sql, { dryRun: false })).corrected, 0);

    deepEqual(await historyOf(sql, wrong[3]), [
      "overdue: cutoff_passed",
      "pending: settings_changed",
    ]);
    deepEqual(await historyOf(sql, paid[0]), ["overdue: cutoff_passed"]);
    deepEqual(await historyOf(sql, overdue[0]), ["overdue: cutoff_passed"]);

    // The log, the results behind the metrics, and the ledger.
    deepEqual(
      [
        ...await sql`
          select
            run.job_name,
            run.records_updated,
            (
              select sum(result.updated_count)::int
              from jobs.run_results as result
              where result.run_id = run.id
            ) as results,
            (
              select sum(cardinality(change.installment_ids))::int
              from jobs.status_changes as change
              where change.run_id = run.id
            ) as ledger
          from public.jobs_log as run
          order by run.started_at
        `,
      ],
      [
        {
          job_name: "update-installment-statuses",
          records_updated: 502,
          results: 502,
          ledger: 502,
        },
        {
          job_name: "correct-overdue-installments",
          records_updated: 497,
          results: 497,
          ledger: 497,
        },
      ],
    );
  }));

Deno.test("a correction leaves what another session holds, and counts it as remaining", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const agency = await insertAgency(sql);
    const marked = await insertInstallments(sql, agency, { count: 10 });
    equal((await callJob()).body.recordsUpdated, 10);
    await sql`update public.agencies set grace_days = 30`;

    await holding(sql, marked[0], async () => {
      const correction = await correct(sql, { dryRun: false });
      deepEqual([correction.corrected, correction.remaining], [9, 1]);
    });

    const rest = await correct(sql, { dryRun: false });
    deepEqual([rest.corrected, rest.remaining], [1, 0]);
    deepEqual(await countByStatus(sql), { pending: 10 });
  }));

Deno.test("a run with an old row that another session holds marks all others, and looks for it once more at its end", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const agency = await insertAgency(sql);
    const [held] = await insertInstallments(sql, agency, { dueDaysAgo: 90 });
    for (let dueDaysAgo = 2; dueDaysAgo <= 60; dueDaysAgo += 1) {
      await insertInstallments(sql, agency, { dueDaysAgo, count: 2 });
    }
    const [{ run_id }] = await sql<{ run_id: string }[]>`
      select public.start_job_run('held-row') ->> 'run_id' as run_id
    `;
    const nextBatch = async () => {
      const [{ batch }] = await sql<
        { batch: { done: boolean; updated: number } }[]
      >`select public.process_installment_batch(${run_id}, 10) as batch`;
      return batch;
    };

    await holding(sql, held, async () => {
      for (let batch = 1; batch <= 11; batch += 1) {
        deepEqual(
          await nextBatch().then(({ done, updated }) => [done, updated]),
          [false, 10],
        );
      }
      const [{ due_from }] = await sql<{ due_from: string }[]>`
        select metadata ->> 'due_from' as due_from
        from public.jobs_log
        where id = ${run_id}
      `;
      const [{ passed }] = await sql<{ passed: boolean }[]>`
        select ${due_from}::date > current_date - 80 as passed
      `;
      equal(passed, true, "the position moves on past the row that is held");
    });

    const last = await nextBatch();
    deepEqual([last.done, last.updated], [true, 9]);
    deepEqual(await countByStatus(sql), { overdue: 119 });
  }));

Deno.test("without row locks, an agency with a row that is held is marked one by one", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const agency = await insertAgency(sql);
    const [held] = await insertInstallments(sql, agency, { count: 5 });
    const other = await insertAgency(sql, { name: "Other" });
    await insertInstallments(sql, other, { count: 5 });

    await holding(sql, held, async () => {
      const [{ changed }] = await sql<{ changed: number }[]>`
        select cardinality(changed_ids) as changed
        from (
          select
            array_agg(installment.id) as ids,
            array_agg(plan.agency_id) as agency_ids
          from public.installments as installment
          join public.payment_plans as plan
            on plan.id = installment.payment_plan_id
        ) as picked
        cross join lateral jobs.change_agency_by_agency(
          picked.ids, picked.agency_ids, 'pending', 'overdue', locked => false
        )
      `;
      equal(changed, 9);
    });
    deepEqual(await countByStatus(sql), { overdue: 9, pending: 1 });
  }));

async function localDate(sql: Database, timezone: string): Promise<string> {
  const [{ date }] = await sql<{ date: string }[]>`
    select (now() at time zone ${timezone})::date::text as date
  `;
  return date;
}

async function insertDue(
  sql: Database,
  { planId }: Agency,
  due: string,
  count: number,
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    insert into public.installments (
      payment_plan_id, amount, student_due_date, status
    )
    select ${planId}, 100, ${due}, 'pending'
    from generate_series(1, ${count})
    returning id
  `;
  return rows.map(({ id }) => id);
}
