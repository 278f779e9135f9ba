import { callFunction } from "./call_function.ts";
import type { Answer } from "./functions.ts";
import { keys } from "./stack.ts";

/** Calls the function check-job-health, as pg_cron does. */
export async function checkHealth(
  options: { readonly dryRun?: boolean } = {},
): Promise<Answer> {
  return await callFunction("check-job-health", {
    query: options.dryRun ? "?dryRun=true" : "",
    headers: { "X-API-Key": (await keys()).jobsApiKey },
  });
}

/** What a health report says of one of the jobs. */
export function reportOf(
  report: Answer["body"],
  jobName: string,
): Answer["body"] {
  return report.jobs.find((job: { jobName: string }) =>
    job.jobName === jobName
  );
}
