import { z } from "zod";
import { jobOperation, RUN_ID } from "../job_operation.ts";
import { anyJobResult, anyJobSuccess } from "../job_results.ts";

/** Every job that has no operation of its own. */
export const anyJob = jobOperation({
  slug: "{job}",
  path: [{
    name: "job",
    meaning: "The name of the job's function, which usually is the job's.",
    schema: z.string().regex(/^[A-Za-z0-9_-]+$/),
  }],
  summary: "Run any other job now",
  description:
    "Runs a job and answers when the run has ended. One run of a job at a " +
    "time: a second caller gets 409. `$JOB` is the name of its function. " +
    "`itemsTotal` and `itemsProcessed` are null for a job without items.",
  success: anyJobSuccess,
  result: anyJobResult,
  example: {
    runId: RUN_ID,
    recordsUpdated: 4,
    itemsTotal: 22,
    itemsProcessed: 22,
    itemsFailed: 0,
    errors: [],
    attempts: 1,
    durationMs: 213,
  },
  address: "$JOB",
});
