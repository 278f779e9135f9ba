import type { Progress } from "../stack/progress.ts";
import type { BenchStack } from "./bench_stack.ts";
import type { Finding } from "./finding.ts";
import type { Scale } from "./scale.ts";

/** What every benchmark works with. */
export interface BenchContext extends Omit<BenchStack, "remove"> {
  readonly scale: Scale;
  readonly progress: Progress;
}

/**
 * One benchmark: loads its own installments, measures, checks what was done.
 *
 * It rejects when a result is wrong, never because it is slow.
 */
export type Benchmark = (context: BenchContext) => Promise<Finding[]>;

/**
 * The instant that the measured calls judge: the daily tick, at which the
 * cut-offs of some zones have passed and those of others have not.
 */
export const AS_OF = "2026-11-22T07:00:00Z";

/** The call whose cost is measured; `$1` is `as_of`. */
export const MARK_OVERDUE =
  "select * from public.update_installment_statuses($1)";
