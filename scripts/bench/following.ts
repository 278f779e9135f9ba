import { AS_OF, type BenchContext, MARK_OVERDUE } from "./bench.ts";
import { insertOldPendingOfCancelledPlans, loadIdle } from "./data.ts";
import { type Finding, inMs } from "./finding.ts";
import { elapsedMs, repeated } from "./measure.ts";
import { median, medianRatio } from "./statistics.ts";

const CALLS_PER_BLOCK = 21;
const QUESTION = "select jobs.installments_are_due($1)";

/**
 * The question of each minute, while the cut-offs are followed, against a call of
 * the update function with nothing due; with many graces, and with old pending
 * rows of cancelled plans.
 */
export async function following(context: BenchContext): Promise<Finding[]> {
  const { sql, scale, progress } = context;
  progress.step("following: loading");
  await loadIdle(sql, scale);
  await sql`
    update public.agencies as agency
    set grace_days = numbered.n % 61
    from (
      select id, row_number() over (order by id) as n from public.agencies
    ) as numbered
    where numbered.id = agency.id
  `;
  await vacuum(sql);
  const plain = await compare(context, "many graces");

  await insertOldPendingOfCancelledPlans(context.sql, context.scale);
  await sql`
    update public.agencies
    set grace_days = 0
    where true
  `;
  await vacuum(sql);
  const cancelled = await compare(context, "old pending rows in vain");

  await sql`truncate public.installments`;
  await sql`delete from public.payment_plans where status = 'cancelled'`;
  await vacuum(sql);
  return [...plain, ...cancelled];
}

async function compare(
  context: BenchContext,
  shape: string,
): Promise<Finding[]> {
  const { sql, scale, progress } = context;
  await sql`delete from jobs.followed_cutoffs where agency_id is not null`;
  const [{ is_due }] = await sql<{ is_due: boolean }[]>`
    select jobs.installments_are_due(${AS_OF}) as is_due
  `;
  if (is_due) throw new Error("Something is due although nothing should be.");
  await sql`vacuum (analyze) jobs.followed_cutoffs`;

  const times = { question: [] as number[], batch: [] as number[] };
  for (let round = 1; round <= scale.rounds; round++) {
    progress.step(`following, ${shape}: round ${round} of ${scale.rounds}`);
    times.question.push(await medianOf(context, QUESTION));
    times.batch.push(await medianOf(context, MARK_OVERDUE));
  }
  return [
    {
      name: `${shape}: question of a minute / idle batch`,
      value: medianRatio(times.question, times.batch),
      unit: "×",
      wanted: { atMost: 1 },
      detail: `medians of ${CALLS_PER_BLOCK} calls per round`,
    },
    inMs(`${shape}: question of a minute`, median(times.question)),
    inMs(`${shape}: idle batch`, median(times.batch)),
  ];
}

async function medianOf(
  { sql }: BenchContext,
  statement: string,
): Promise<number> {
  return median(
    await repeated(CALLS_PER_BLOCK, 2, () => elapsedMs(sql, statement)),
  );
}

async function vacuum(sql: BenchContext["sql"]): Promise<void> {
  await sql`vacuum (analyze) public.agencies`;
  await sql`vacuum (analyze) public.payment_plans`;
  await sql`vacuum (analyze) public.installments`;
}
