import { jobNames } from "../../functions/catalog.ts";
import { config } from "./stack.ts";

export const MAIN_JOB = "update-installment-statuses";

/** All jobs of the checkout, by name; the migrations register them. */
export const JOBS: readonly string[] = await jobNames(config.repoDir);

/** What a job's entry in pg_cron is called. */
export function entryOf(jobName: string): string {
  return jobName === MAIN_JOB ? `${jobName}-daily` : jobName;
}
