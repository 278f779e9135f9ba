import { z } from "zod";
import type { Job } from "../_shared/jobs/job-run.ts";

const batch = z.object({
  done: z.boolean(),
  updated: z.number().int(),
  records_updated: z.number().int(),
  failed_agencies: z.number().int(),
});

/**
 * Marks overdue installments, batch by batch, each in a transaction of its own.
 * The rule, the position and the counts per agency are the database's.
 */
export const updateInstallmentStatuses: Job = {
  name: "update-installment-statuses",

  async work(run) {
    let done = false;
    while (!done) {
      const answer = await run.call(
        "process_installment_batch",
        { run_id: run.id },
        batch,
      );
      run.report(answer.records_updated);
      run.log.info("batch_processed", {
        updated: answer.updated,
        recordsUpdated: answer.records_updated,
        failedAgencies: answer.failed_agencies,
      });
      done = answer.done;
    }
  },
};
