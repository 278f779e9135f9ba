import type postgres from "postgres";
import { AS_OF } from "./bench.ts";
import type { Scale } from "./scale.ts";

const ZONES = [
  "Australia/Brisbane",
  "Australia/Sydney",
  "Australia/Melbourne",
  "Australia/Perth",
  "Australia/Adelaide",
  "America/Los_Angeles",
  "America/New_York",
  "America/Chicago",
  "Europe/London",
  "Europe/Paris",
  "Asia/Tokyo",
  "Asia/Singapore",
  "Pacific/Auckland",
  "UTC",
];

const CUTOFFS = ["17:00:00", "16:30:00", "12:00:00", "20:00:00"];

/** The scratch schema with its functions. */
export async function createScratchSchema(sql: postgres.Sql): Promise<void> {
  await sql.file(new URL("scratch.sql", import.meta.url)).simple();
}

/**
 * Inserts agencies over all zones and cut-offs, and active plans that are
 * spread over them. The n-th plan has the id `md5('plan' || n)`, from 0.
 */
export async function loadAgenciesAndPlans(
  sql: postgres.Sql,
  { agencies, plans }: Scale,
): Promise<void> {
  await sql`
    insert into public.agencies (id, name, timezone, overdue_cutoff_time)
    select
      md5('agency' || n)::uuid,
      'Agency ' || n,
      (${ZONES}::text[])[1 + n % ${ZONES.length}::int],
      (${CUTOFFS}::time[])[1 + n / ${ZONES.length}::int % ${CUTOFFS.length}::int]
    from generate_series(0, ${agencies}::int - 1) as n
  `;
  await sql`
    insert into public.payment_plans (id, agency_id, status)
    select
      md5('plan' || n)::uuid,
      md5('agency' || n % ${agencies}::int)::uuid,
      'active'
    from generate_series(0, ${plans}::int - 1) as n
  `;
  await sql`vacuum (analyze) public.agencies`;
  await sql`vacuum (analyze) public.payment_plans`;
}

/**
 * A book of business in its middle: half of the installments are paid, half
 * pending in the future (the nearest ones due today), and the wanted number of
 * pending ones, spread evenly over the table, are past their cut-off. The ids
 * of these are kept in `bench.due_ids`.
 */
export async function loadBookOfBusiness(
  sql: postgres.Sql,
  { plans, installments, due }: Scale,
): Promise<void> {
  const perPlan = Math.round(installments / plans);
  await sql`truncate public.installments`;
  await sql`
    insert into public.installments (
      id, payment_plan_id, amount, student_due_date, status
    )
    select
      md5('installment' || n)::uuid,
      plan.id,
      100,
      case
        when position.is_due then cutoff.overdue_before - 1 - n % 3
        when position.is_paid then cutoff.overdue_before - 1 - n % 300
        else cutoff.overdue_before + n % 300
      end,
      case when position.is_paid and not position.is_due then 'paid' else 'pending' end
    from generate_series(0, ${installments}::int - 1) as n
    cross join lateral (
      select
        n::bigint * ${due}::int % ${installments}::int < ${due}::int as is_due,
        n % ${perPlan}::int < ${perPlan}::int / 2 as is_paid
    ) as position
    join public.payment_plans as plan
      on plan.id = md5('plan' || n / ${perPlan}::int)::uuid
    join bench.cutoffs(${AS_OF}::timestamptz) as cutoff
      on cutoff.agency_id = plan.agency_id
    order by n
  `;
  await sql`truncate bench.due_ids`;
  await sql`
    insert into bench.due_ids
    select md5('installment' || n)::uuid as id
    from generate_series(0, ${installments}::int - 1) as n
    where n::bigint * ${due}::int % ${installments}::int < ${due}::int
  `;
  await sql`vacuum (analyze) bench.due_ids`;
  await sql`vacuum (analyze) public.installments`;
}

/**
 * Pending installments of all plans, all of them due.
 *
 * @param days over how many past dates they are spread.
 */
export async function loadBacklog(
  sql: postgres.Sql,
  { plans, backlog }: Scale,
  days: number,
): Promise<void> {
  const daysAhead = sql`-2 - n % ${days}::int`;
  await replaceByPending(sql, backlog, { plans, daysAhead });
}

/** Pending installments of all plans, none of them due in the next two days. */
export async function loadIdle(
  sql: postgres.Sql,
  { plans, idleSmall }: Scale,
): Promise<void> {
  await replaceByPending(sql, idleSmall, { plans });
}

async function replaceByPending(
  sql: postgres.Sql,
  rows: number,
  options: PendingOptions,
): Promise<void> {
  await sql`truncate public.installments`;
  await insertPending(sql, "public", rows, options);
  await sql`vacuum (analyze) public.installments`;
}

interface PendingOptions {
  readonly plans: number;
  /**
   * SQL for the n-th installment's due date, from today. Without it none is
   * due: no agency is more than a day ahead of UTC.
   */
  readonly daysAhead?: postgres.PendingQuery<postgres.Row[]>;
}

async function insertPending(
  sql: postgres.Sql,
  schema: string,
  rows: number,
  { plans, daysAhead = sql`2 + n % 720` }: PendingOptions,
): Promise<void> {
  await sql`
    insert into ${sql(schema)}.installments (
      payment_plan_id, amount, student_due_date, status
    )
    select
      md5('plan' || n % ${plans}::int)::uuid,
      100,
      (now() at time zone 'UTC')::date + (${daysAhead}),
      'pending'
    from generate_series(0, ${rows}::int - 1) as n
  `;
}

/**
 * Makes a second table of installments in a schema of its own, with the
 * columns, checks, keys and indexes of `public.installments`, and fills it with
 * pending rows of which none is due.
 */
export async function createIdleInstallments(
  sql: postgres.Sql,
  schema: string,
  rows: number,
  { plans }: Scale,
): Promise<void> {
  await sql`create schema ${sql(schema)}`;
  await sql`
    create table ${sql(schema)}.installments (
      like public.installments including all excluding indexes
    )
  `;
  await insertPending(sql, schema, rows, { plans });
  for (const definition of await keysAndIndexes(sql, schema)) {
    await sql.unsafe(definition);
  }
  await sql`vacuum (analyze) ${sql(schema)}.installments`;
}

/**
 * Adds old pending rows of cancelled plans, which wait in vain.
 *
 * @returns how many.
 */
export async function insertOldPendingOfCancelledPlans(
  sql: postgres.Sql,
  { plans }: Scale,
): Promise<number> {
  const { count } = await sql`
    with plan as (
      insert into public.payment_plans (agency_id, status)
      select (select id from public.agencies limit 1), 'cancelled'
      from generate_series(1, ${plans / 10}::int)
      returning id
    )
    insert into public.installments (
      payment_plan_id, amount, student_due_date, status
    )
    select
      plan.id,
      100,
      (${AS_OF}::timestamptz at time zone 'UTC')::date - 30 * n,
      'pending'
    from plan
    cross join generate_series(1, 10) as n
  `;
  return count;
}

/** Lets a table of installments stand in for `public.installments`. */
export async function swapInstallments(
  sql: postgres.Sql,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  await sql`alter table public.installments set schema ${sql(to)}`;
  await sql`alter table ${sql(from)}.installments set schema public`;
}

async function keysAndIndexes(
  sql: postgres.Sql,
  schema: string,
): Promise<string[]> {
  const rows = await sql<{ definition: string }[]>`
    select replace(
      pg_get_indexdef(indexrelid),
      ' ON public.installments ',
      format(' ON %I.installments ', ${schema}::text)
    ) as definition
    from pg_index
    where indrelid = 'public.installments'::regclass
    union all
    select format(
      'alter table %I.installments add constraint %I %s',
      ${schema}::text,
      conname,
      pg_get_constraintdef(oid)
    )
    from pg_constraint
    where conrelid = 'public.installments'::regclass
      and contype = 'f'
  `;
  return rows.map(({ definition }) => definition);
}
