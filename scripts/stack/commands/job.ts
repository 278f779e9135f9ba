import { StackError } from "../errors.ts";
import { formatRun } from "../report.ts";
import { MAIN_JOB, readAgencyResults, triggerJob } from "../runs.ts";
import { readConfig, stackStatus } from "../stack.ts";

/** `npm run job [-- name]`: exit code 1 when the run failed. */
export async function job(name: string): Promise<void> {
  const config = readConfig();
  if (!(await stackStatus(config)).running) {
    throw new StackError(
      "The stack is not running: start it with `npm start`.",
    );
  }
  const run = await triggerJob(config, name);
  const agencies = name === MAIN_JOB && run.status === "success"
    ? await readAgencyResults(config, run.id)
    : [];
  console.log(formatRun(run, agencies));
  if (run.status === "failed") Deno.exitCode = 1;
}
