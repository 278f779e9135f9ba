import { z } from "zod";
import { itemFields } from "../../../supabase/functions/_shared/jobs/run-outcome.ts";
import { jobOperation } from "../job_operation.ts";

/** Every job that has no operation of its own. */
export const anyJob = jobOperation({
  slug: "{job}",
  path: z.object({
    job: z.string().regex(/^[A-Za-z0-9_-]+$/).describe(
      "The name of the job's function, which usually is the job's.",
    ),
  }),
  summary: "Run any other job now",
  description:
    "Runs a job and answers when the run has ended. One run of a job at a " +
    "time: a second caller gets 409. `$JOB` is the name of its function. " +
    "`itemsTotal` and `itemsProcessed` are null for a job without items.",
  fields: itemFields,
  example: {
    recordsUpdated: 4,
    itemsTotal: 22,
    itemsProcessed: 22,
    itemsFailed: 0,
  },
});
