import { z } from "zod";
import type { Job } from "../jobs/job.ts";

/** A job of as many batches as it takes, each accounted for by the database. */
export const batchJob: Job = {
  name: "test-job",
  async run({ runId, call, progress }) {
    let done = false;
    while (!done) {
      const batch = await call(
        "process_installment_batch",
        { run_id: runId, batch_size: 5000 },
        z.object({ done: z.boolean() }),
      );
      progress();
      done = batch.done;
    }
  },
};
