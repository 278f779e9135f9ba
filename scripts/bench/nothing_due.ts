import { AS_OF, type BenchContext, MARK_OVERDUE } from "./bench.ts";
import {
  createIdleInstallments,
  insertOldPendingOfCancelledPlans,
  swapInstallments,
} from "./data.ts";
import { type Finding, formatNumber, inMs } from "./finding.ts";
import { elapsedMs, repeated } from "./measure.ts";
import { median, medianRatio } from "./statistics.ts";

const CALLS_PER_BLOCK = 21;

/**
 * The update function when nothing is due: on ten times as many pending rows,
 * and on rows that have to be read although they are not due.
 */
export async function nothingDue(context: BenchContext): Promise<Finding[]> {
  const { sql, scale, progress } = context;
  const rows = { small: scale.idleSmall, large: scale.idleLarge };
  for (const size of ["small", "large"] as const) {
    progress.step(`nothing due: loading ${formatNumber(rows[size])} rows`);
    await createIdleInstallments(sql, schemaOf(size), rows[size], scale);
  }
  await context.checkpoint();

  const times = { small: [] as number[], large: [] as number[] };
  for (let round = 1; round <= scale.rounds; round++) {
    progress.step(`nothing due: round ${round} of ${scale.rounds}`);
    for (const size of ["small", "large"] as const) {
      times[size].push(
        await standingIn(context, size, () => medianCall(context)),
      );
    }
  }
  await sql`drop schema bench_large cascade`;
  const hard = await standingIn(context, "small", () => hardVariants(context));
  await sql`drop schema bench_small cascade`;

  const [small, large] = [rows.small, rows.large].map(inWords);
  return [
    {
      name: `nothing due: ${large} / ${small} pending rows`,
      value: medianRatio(times.large, times.small),
      unit: "×",
      wanted: { atMost: 1.2 },
      detail: `medians of ${CALLS_PER_BLOCK} calls per round`,
    },
    inMs(`nothing due: ${small} pending rows`, median(times.small)),
    inMs(`nothing due: ${large} pending rows`, median(times.large), {
      wanted: { atMost: 10 },
    }),
    ...hard,
  ];
}

/** Rows in the range that is read, of which none may be marked. */
async function hardVariants(context: BenchContext): Promise<Finding[]> {
  const { sql, scale, progress } = context;
  progress.step("nothing due: rows that are read in vain");
  const dueToday = await sql`
    insert into public.installments (
      payment_plan_id, amount, student_due_date, status
    )
    select plan.id, 100, cutoff.overdue_before, 'pending'
    from bench.cutoffs(${AS_OF}::timestamptz) as cutoff
    join public.payment_plans as plan
      on plan.agency_id = cutoff.agency_id
    where cutoff.overdue_before < (
      select max(latest.overdue_before)
      from bench.cutoffs(${AS_OF}::timestamptz) as latest
    )
    limit ${scale.due}
  `;
  const beforeCutoff = await medianCallAfterVacuum(context);
  await sql`
    delete from public.installments
    where student_due_date < (${AS_OF}::timestamptz at time zone 'UTC')::date + 2
  `;

  const cancelled = await insertOldPendingOfCancelledPlans(sql, scale);
  await sql`vacuum (analyze) public.payment_plans`;
  const ofCancelledPlans = await medianCallAfterVacuum(context);
  await sql`
    delete from public.installments
    where payment_plan_id in (
      select id
      from public.payment_plans
      where status = 'cancelled'
    )
  `;
  await sql`delete from public.payment_plans where status = 'cancelled'`;
  await sql`vacuum (analyze) public.payment_plans`;

  return [
    inMs(
      `nothing due, and ${inWords(dueToday.count)} rows due today before ` +
        "their cut-off",
      beforeCutoff,
    ),
    inMs(
      `nothing due, and ${inWords(cancelled)} old pending rows of ` +
        "cancelled plans",
      ofCancelledPlans,
      { wanted: { atMost: 60 } },
    ),
  ];
}

async function medianCallAfterVacuum(context: BenchContext): Promise<number> {
  await context.sql`vacuum (analyze) public.installments`;
  await context.checkpoint();
  return await medianCall(context);
}

async function medianCall({ sql }: BenchContext): Promise<number> {
  const times = await repeated(
    CALLS_PER_BLOCK,
    2,
    () => elapsedMs(sql, MARK_OVERDUE),
  );
  await assertNothingMarked(sql);
  return median(times);
}

async function assertNothingMarked(sql: BenchContext["sql"]): Promise<void> {
  const [{ any }] = await sql<{ any: boolean }[]>`
    select exists (
      select 1
      from public.installments
      where status <> 'pending'
    ) as any
  `;
  if (any) throw new Error("Rows were marked although nothing was due.");
}

async function standingIn<T>(
  { sql }: BenchContext,
  size: "small" | "large",
  work: () => Promise<T>,
): Promise<T> {
  await sql`create schema bench_aside`;
  await swapInstallments(sql, { from: schemaOf(size), to: "bench_aside" });
  const result = await work();
  await swapInstallments(sql, { from: "bench_aside", to: schemaOf(size) });
  await sql`drop schema bench_aside`;
  return result;
}

function schemaOf(size: "small" | "large"): string {
  return `bench_${size}`;
}

function inWords(rows: number): string {
  return rows.toLocaleString("en-US");
}
