import type { BenchContext } from "./bench.ts";
import { loadIdle } from "./data.ts";
import { type Finding, formatNumber } from "./finding.ts";
import { elapsedMs, repeated, rolledBack } from "./measure.ts";
import { median, medianRatio } from "./statistics.ts";

/**
 * What the index of pending due dates costs when installments are inserted. The
 * other contender drops it in the same transaction, which is rolled back.
 */
export async function indexCost(context: BenchContext): Promise<Finding[]> {
  const { sql, scale, progress } = context;
  progress.step("index cost: loading");
  await loadIdle(sql, scale);

  const rounds = await repeated(scale.rounds, 1, async (round) => {
    progress.step(`index cost: round ${round} of ${scale.rounds}`);
    return {
      withIndex: await measureInsert(context, { indexed: true }),
      without: await measureInsert(context, { indexed: false }),
    };
  });
  const withIndex = rounds.map((round) => round.withIndex);
  const without = rounds.map((round) => round.without);
  return [{
    name: `insert of ${
      scale.inserts.toLocaleString("en-US")
    } rows: with / without the partial index`,
    value: medianRatio(withIndex, without),
    unit: "×",
    detail: `${formatNumber(median(withIndex))} ms, ` +
      `${formatNumber(median(without))} ms`,
  }];
}

async function measureInsert(
  context: BenchContext,
  { indexed }: { readonly indexed: boolean },
): Promise<number> {
  const { sql, scale, checkpoint } = context;
  const ms = await rolledBack(sql, async () => {
    if (!indexed) {
      await sql`drop index public.installments_pending_due_date_idx`;
    }
    return await elapsedMs(
      sql,
      `insert into public.installments (
        payment_plan_id, amount, student_due_date, status
      )
      select
        md5('plan' || n % ${scale.plans})::uuid,
        100,
        $1::date + n % 365,
        'pending'
      from generate_series(0, ${scale.inserts} - 1) as n`,
    );
  });
  await sql`vacuum public.installments`;
  await checkpoint();
  return ms;
}
