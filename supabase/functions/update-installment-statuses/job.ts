import { z } from "zod";
import type { Job } from "../_shared/jobs/job.ts";
import { changesByAgency } from "./agencies.ts";

const batch = z.object({
  done: z.boolean(),
  updated: z.number().int(),
  records_updated: z.number().int(),
  failed_agencies: z.number().int(),
});

const LARGEST_BATCH = 5000;
const SHRINKING = 8;
const GROWTH = 2;

// A quarter of the statement time-out: twice the work is done in half of it.
const QUICK_MS = 15_000;

/**
 * How many installments a batch may update.
 *
 * @param attempt 1 for the first since the last progress. Each further one
 *   takes an eighth: a batch
 *   that is cancelled at its statement time-out, because an adopter's trigger
 *   is slow, would be cancelled again at the same size.
 */
export function batchSize(attempt: number): number {
  return Math.ceil(LARGEST_BATCH / SHRINKING ** (attempt - 1));
}

/**
 * How many installments the batch after a successful one may update.
 *
 * @param size how many that one was allowed.
 * @param tookMs how long it took, in milliseconds.
 * @returns twice as many after a quick batch, up to the largest: what made an
 *   attempt fail may have passed.
 */
export function nextBatchSize(size: number, tookMs: number): number {
  return tookMs < QUICK_MS ? Math.min(size * GROWTH, LARGEST_BATCH) : size;
}

/**
 * Marks overdue installments, batch by batch, each in a transaction of its own.
 * The rule, the position and the counts per agency are the database's: it
 * accounts for a batch where it commits it.
 */
export const updateInstallmentStatuses: Job = {
  name: "update-installment-statuses",

  async run({ runId, attempt, call, progress, log }) {
    let size = batchSize(attempt);
    let done = false;
    while (!done) {
      const begunAt = Date.now();
      const answer = await call(
        "process_installment_batch",
        { run_id: runId, batch_size: size },
        batch,
      );
      log.info("batch_processed", {
        updated: answer.updated,
        recordsUpdated: answer.records_updated,
        failedAgencies: answer.failed_agencies,
      });
      progress();
      size = nextBatchSize(size, Date.now() - begunAt);
      done = answer.done;
    }
  },

  answer: changesByAgency,
};
