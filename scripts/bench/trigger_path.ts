import { type BenchContext, MARK_OVERDUE } from "./bench.ts";
import { loadIdle } from "./data.ts";
import { type Finding, inMs } from "./finding.ts";
import { elapsedMs } from "./measure.ts";
import { quantile } from "./statistics.ts";

const DISPATCH = "select jobs.dispatch('update-installment-statuses')";

/**
 * What the way costs that a run takes (database, HTTP, Edge Function, Data API
 * and back) when there is nothing to do at its end.
 */
export async function triggerPath(context: BenchContext): Promise<Finding[]> {
  const { sql, scale, progress } = context;
  progress.step("trigger path: loading");
  await loadIdle(sql, scale);

  progress.step(`trigger path: ${scale.dispatches} dispatches`);
  await elapsedMs(sql, DISPATCH);
  await elapsedMs(sql, MARK_OVERDUE);
  await sql`truncate public.jobs_log`;
  const dispatched: number[] = [];
  const direct: number[] = [];
  for (let turn = 0; turn < scale.dispatches; turn++) {
    dispatched.push(await elapsedMs(sql, DISPATCH));
    direct.push(await elapsedMs(sql, MARK_OVERDUE));
  }
  await assertIdleSuccesses(context);

  return [
    ...percentiles("jobs.dispatch", dispatched),
    ...percentiles("update function alone", direct),
  ];
}

function percentiles(name: string, times: readonly number[]): Finding[] {
  return [50, 95].map((percent) =>
    inMs(`trigger path: ${name}, p${percent}`, quantile(times, percent / 100))
  );
}

async function assertIdleSuccesses(
  { sql, scale }: BenchContext,
): Promise<void> {
  const [{ runs, good }] = await sql<{ runs: number; good: number }[]>`
    select
      count(*)::int as runs,
      count(*) filter (where status = 'success' and records_updated = 0)::int as good
    from public.jobs_log
  `;
  if (runs === scale.dispatches && good === runs) return;
  throw new Error(
    `Of ${scale.dispatches} dispatches ${runs} were logged, ${good} of them ` +
      "as successes without a change.",
  );
}
