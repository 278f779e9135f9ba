import { AS_OF, type BenchContext, MARK_OVERDUE } from "./bench.ts";
import { loadBookOfBusiness } from "./data.ts";
import { type Finding, formatNumber, inMs } from "./finding.ts";
import { elapsedMs, repeated, rolledBack } from "./measure.ts";
import { median, medianRatio } from "./statistics.ts";

/** Statements for `elapsedMs`. */
const CONTENDERS = {
  function: MARK_OVERDUE,
  loop: "select * from bench.update_by_loop($1)",
  bare: "update public.installments set status = 'overdue' where id = any ($2)",
} as const;

type Contender = keyof typeof CONTENDERS;

const CALLS = 21;

const NAMES = Object.keys(CONTENDERS) as Contender[];

/**
 * The update function on a day on which something is due, against the loop over
 * agencies and against the least that any solution has to do: the update of the
 * same rows when their ids are known beforehand.
 */
export async function due(context: BenchContext): Promise<Finding[]> {
  const { sql, scale, progress } = context;
  progress.step("due: loading");
  await loadBookOfBusiness(sql, scale);
  await sql`alter table public.installments set (autovacuum_enabled = off)`;

  const findings = [
    ...await compete(context, { checkpointed: true }),
    ...await compete(context, { checkpointed: false }),
    await oneDue(context),
  ];
  await sql`alter table public.installments reset (autovacuum_enabled)`;
  return findings;
}

/**
 * @param regime.checkpointed whether every call comes first after a checkpoint,
 *   like the daily one, and so has to log each page that it changes in full.
 */
async function compete(
  context: BenchContext,
  regime: { readonly checkpointed: boolean },
): Promise<Finding[]> {
  const { scale, progress } = context;
  const when = regime.checkpointed ? "after a checkpoint" : "pages logged";
  const times: Record<Contender, number[]> = {
    function: [],
    loop: [],
    bare: [],
  };
  progress.step(`due, ${when}: warming up`);
  for (const name of NAMES) await measure(context, name, regime);
  for (let round = 1; round <= scale.rounds; round++) {
    progress.step(`due, ${when}: round ${round} of ${scale.rounds}`);
    for (const name of NAMES) {
      times[name].push(await measure(context, name, regime));
    }
  }

  const beside = (name: Contender) =>
    `${name} ${formatNumber(median(times[name]))} ms`;
  return [
    {
      name: `due, ${when}: loop over agencies / update function`,
      value: medianRatio(times.loop, times.function),
      unit: "×",
      wanted: { atLeast: 5 },
      detail: `${beside("loop")}, ${beside("function")}`,
    },
    {
      name: `due, ${when}: update function / bare update by id`,
      value: medianRatio(times.function, times.bare),
      unit: "×",
      wanted: { atMost: 1.25 },
      detail: `${beside("function")}, ${beside("bare")}`,
    },
  ];
}

/** The same book of business when all but one of the due have been paid. */
async function oneDue(context: BenchContext): Promise<Finding> {
  const { sql, progress } = context;
  progress.step("due: a single installment");
  await sql`
    update public.installments
    set status = 'paid'
    where id in (
      select id
      from bench.due_ids
      order by id
      offset 1
    )
  `;
  await sql`vacuum (analyze) public.installments`;
  await context.checkpoint();
  const times = await repeated(
    CALLS,
    1,
    () => markAndCheck(context, "function", 1),
  );
  return inMs(
    "due: update function when one installment is due",
    median(times),
  );
}

async function measure(
  context: BenchContext,
  contender: Contender,
  { checkpointed }: { readonly checkpointed: boolean },
): Promise<number> {
  const { sql, scale, checkpoint } = context;
  const ms = await markAndCheck(context, contender, scale.due);
  await sql`vacuum public.installments`;
  if (checkpointed) await checkpoint();
  return ms;
}

async function markAndCheck(
  context: BenchContext,
  contender: Contender,
  wanted: number,
): Promise<number> {
  const { sql } = context;
  return await rolledBack(sql, async () => {
    const ms = await elapsedMs(sql, CONTENDERS[contender]);
    await assertMarked(context, contender, wanted);
    return ms;
  });
}

async function assertMarked(
  { sql }: BenchContext,
  contender: Contender,
  wanted: number,
): Promise<void> {
  const [{ marked, wrong }] = await sql<{ marked: number; wrong: number }[]>`
    select
      count(*)::int as marked,
      count(*) filter (where due.id is null)::int as wrong
    from public.installments as installment
    left join bench.due_ids as due
      on due.id = installment.id
    where installment.status = 'overdue'
  `;
  if (marked === wanted && wrong === 0) return;
  throw new Error(
    `At ${AS_OF} ${wanted} installments are due; the ${contender} marked ` +
      `${marked}, ${wrong} of them wrongly.`,
  );
}
