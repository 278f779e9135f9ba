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
