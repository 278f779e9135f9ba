import { deepEqual } from "node:assert/strict";
import { type Random, seededRandom } from "../testing/seeded_random.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";

const STEPS = 60;
const AGENCIES = 4;
const INSTALLMENTS_PER_PLAN = 20;
const ZONES = [
  "Pacific/Kiritimati",
  "Australia/Brisbane",
  "Asia/Kathmandu",
  "UTC",
  "America/St_Johns",
  "Pacific/Pago_Pago",
];

/** One thing that happens to the installments, at an instant of the history. */
type Event = (
  sql: Database,
  random: Random,
  asOf: string,
) => Promise<unknown>;

const run: Event = (sql, _, asOf) =>
  sql`select count(*) from public.update_installment_statuses(${asOf})`;

const runInBatches: Event = async (sql, random, asOf) => {
  const [{ run_id }] = await sql<{ run_id: string }[]>`
    select public.start_job_run(
      ${`history-${crypto.randomUUID()}`}, as_of => ${asOf}
    ) ->> 'run_id' as run_id
  `;
  const batchSize = random.integer(5, 40);
  for (let batch = 1; batch <= 100; batch += 1) {
    const [{ done }] = await sql<{ done: boolean }[]>`
      select (
        public.process_installment_batch(${run_id}, ${batchSize}) ->> 'done'
      )::boolean as done
    `;
    if (done) return;
  }
  throw new Error("The run does not end.");
};

const correct: Event = (sql, _, asOf) =>
  sql`select public.correct_overdue(dry_run => false, as_of => ${asOf})`;

const pay: Event = (sql, random) =>
  sql`
    update public.installments
    set status = 'paid', paid_at = now()
    where id in (
      select id
      from public.installments
      where status in ('pending', 'overdue')
      order by id
      offset ${random.integer(0, 60)}
      limit 2
    )
  `;

const moveDates: Event = (sql, random) =>
  sql`
    update public.installments
    set student_due_date = student_due_date + ${random.integer(-20, 30)}::int
    where id in (
      select id
      from public.installments
      order by id
      offset ${random.integer(0, 100)}
      limit 8
    )
  `;

const endOrRevivePlan: Event = (sql, random) =>
  sql`
    update public.payment_plans
    set status = ${random.pick(["cancelled", "completed", "active", "active"])}
    where id = (
      select id
      from public.payment_plans
      order by id
      offset ${random.integer(0, AGENCIES * 2 - 1)}
      limit 1
    )
  `;

const changeSettings: Event = (sql, random) =>
  sql`
    update public.agencies
    set
      timezone = ${random.pick(ZONES)},
      overdue_cutoff_time = ${
    random.pick(["00:00:00", "09:30:00", "17:00:00"])
  },
      grace_days = ${random.pick([0, 0, 2, 9])},
      closed_weekdays = ${random.pick(["{}", "{6,7}", "{1}"])}::smallint[]
    where id = (
      select id
      from public.agencies
      order by id
      offset ${random.integer(0, AGENCIES - 1)}
      limit 1
    )
  `;

const closeADay: Event = (sql, random, asOf) =>
  sql`
    insert into public.agency_closed_days (agency_id, day)
    select id, ${asOf}::timestamptz::date + ${random.integer(-9, 3)}::int
    from public.agencies
    order by id
    offset ${random.integer(0, AGENCIES - 1)}
    limit 1
    on conflict do nothing
  `;

/** Those that write statuses for Duewatch come more often than the others. */
const EVENTS: readonly Event[] = [
  run,
  run,
  runInBatches,
  runInBatches,
  correct,
  correct,
  pay,
  moveDates,
  moveDates,
  endOrRevivePlan,
  changeSettings,
  closeADay,
];

Deno.test("after any history the statuses are what the rule says, and the ledger replayed gives the table", async () => {
  const seed = Number(
    Deno.env.get("HISTORY_SEED") ?? crypto.getRandomValues(new Uint32Array(1)),
  );
  console.log(`HISTORY_SEED=${seed}`);
  const random = seededRandom(seed);

  await withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await arrange(sql);

    let asOf = Date.UTC(2001, 2, 1);
    for (let step = 1; step <= STEPS; step += 1) {
      asOf += random.integer(0, 36 * 60 * 60 * 1000);
      const instant = new Date(asOf).toISOString();
      // At times in two sessions at once.
      const atOnce = random.oneIn(3) ? 2 : 1;
      const events = Array.from({ length: atOnce }, () => random.pick(EVENTS));
      await Promise.all(events.map((event) => event(sql, random, instant)));
    }

    const last = new Date(asOf).toISOString();
    await run(sql, random, last);
    await correct(sql, random, last);

    deepEqual([...await wronglyJudged(sql, last)], [], `seed ${seed}`);
    deepEqual([...await unlikeTheLedger(sql)], [], `seed ${seed}`);
    deepEqual([...await brokenChains(sql)], [], `seed ${seed}`);
    deepEqual([...await unlikeTheLog(sql)], [], `seed ${seed}`);
  });
});

async function arrange(sql: Database): Promise<void> {
  await sql`
    insert into public.agencies (name, timezone)
    select 'Agency ' || n, (${ZONES}::text[])[1 + n % ${ZONES.length}::int]
    from generate_series(1, ${AGENCIES}) as n
  `;
  await sql`
    insert into public.payment_plans (agency_id, status)
    select id, 'active'
    from public.agencies
    cross join generate_series(1, 2)
  `;
  await sql`
    insert into public.installments (
      payment_plan_id, amount, student_due_date, status
    )
    select id, 100, date '2001-02-20' + n * 2, 'pending'
    from public.payment_plans
    cross join generate_series(1, ${INSTALLMENTS_PER_PLAN}) as n
  `;
}

/** Those that nobody but Duewatch has touched, with another status than due. */
function wronglyJudged(sql: Database, asOf: string) {
  return sql`
    select installment.id, installment.status
    from public.installments as installment
    join public.payment_plans as plan
      on plan.id = installment.payment_plan_id
    join jobs.agency_cutoffs(${asOf}) as cutoff
      on cutoff.agency_id = plan.agency_id
    where installment.status <> 'paid'
      and (installment.status = 'overdue') <> (
        plan.status = 'active'
        and installment.student_due_date < cutoff.overdue_before
      )
  `;
}

function unlikeTheLedger(sql: Database) {
  return sql`
    select installment.id, installment.status, replayed.to_status
    from public.installments as installment
    left join (
      select distinct on (one.id)
        one.id,
        change.to_status
      from jobs.status_changes as change
      cross join lateral unnest(change.installment_ids) as one (id)
      order by one.id, change.id desc
    ) as replayed
      on replayed.id = installment.id
    where installment.status <> 'paid'
      and installment.status <> coalesce(replayed.to_status, 'pending')
  `;
}

/** Changes that do not begin where the change before them has ended. */
function brokenChains(sql: Database) {
  return sql`
    select *
    from (
      select
        one.id,
        change.from_status,
        coalesce(
          lag(change.to_status) over (partition by one.id order by change.id),
          'pending'
        ) as before
      from jobs.status_changes as change
      cross join lateral unnest(change.installment_ids) as one (id)
    ) as step
    where step.from_status <> step.before
  `;
}

/** Runs whose row, results and ledger do not add up. */
function unlikeTheLog(sql: Database) {
  return sql`
    select run.id, run.records_updated, ledger.changes, results.changes as results
    from public.jobs_log as run
    full join (
      select run_id, sum(cardinality(installment_ids)) as changes
      from jobs.status_changes
      group by run_id
    ) as ledger
      on ledger.run_id = run.id
    full join (
      select run_id, sum(updated_count) as changes
      from jobs.run_results
      group by run_id
    ) as results
      on results.run_id = run.id
    where run.id is null
      or coalesce(run.records_updated, 0) <> coalesce(ledger.changes, 0)
      or coalesce(run.records_updated, 0) <> coalesce(results.changes, 0)
  `;
}
