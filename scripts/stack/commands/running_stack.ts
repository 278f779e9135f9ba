import { formatAddresses, formatRun } from "../report.ts";
import { readAgencyResults } from "../runs.ts";
import type { RunningStack } from "../stack.ts";
import { statePaths } from "../state_dir.ts";

/**
 * Prints what a start or reset arrived at. A failed first run or a function
 * that does not start makes the command fail, with the stack left running for
 * a look at it.
 */
export async function printRunningStack(stack: RunningStack): Promise<void> {
  const { config, keys, run, isNewRun, failedFunctions } = stack;
  if (run !== null) {
    const title = isNewRun
      ? "pg_cron has just triggered the first run:"
      : "The stack was set up already. Its last successful run:";
    const agencies = run.status === "success"
      ? await readAgencyResults(config, run.id)
      : [];
    console.log(`\n${title}\n\n${formatRun(run, agencies)}`);
  }
  console.log(`\n${formatAddresses(config, keys)}\n`);
  for (const name of failedFunctions) {
    console.error(
      `The function ${name} did not start: see ${
        statePaths(config).functionsLog
      }.`,
    );
  }
  const failed = failedFunctions.length > 0 || run?.status === "failed";
  if (failed) Deno.exitCode = 1;
}
