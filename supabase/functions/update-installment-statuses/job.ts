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

/**
 * How many installments a batch may update.
 *
 * @param attempt 1 for the first. Each further one takes an eighth: a batch
 *   that is cancelled at its statement time-out, because an adopter's trigger
 *   is slow, would be cancelled again at the same size.
 */
export function batchSize(attempt: number): number {
  return Math.ceil(LARGEST_BATCH / SHRINKING ** (attempt - 1));
}

/**
 * Marks overdue installments, batch by batch, each in a transaction of its own.
 * The rule, the position and the counts per agency are the database's: it
 * accounts for a batch where it commits it.
 */
export const updateInstallmentStatuses: Job = {
  name: "update-installment-statuses",

  async run({ runId, attempt, call, log }) {
    let done = false;
    while (!done) {
      const answer = await call(
        "process_installment_batch",
        { run_id: runId, batch_size: batchSize(attempt) },
        batch,
      );
      log.info("batch_processed", {
        updated: answer.updated,
        recordsUpdated: answer.records_updated,
        failedAgencies: answer.failed_agencies,
      });
      done = answer.done;
    }
  },

  answer: changesByAgency,
};
