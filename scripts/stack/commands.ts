import { type StackConfig, stackUrls } from "./config.ts";
import { StackError } from "./errors.ts";
import { formatFacts } from "./facts.ts";
import { exists } from "./files.ts";
import { terminalProgress } from "./progress.ts";
import { formatAddresses, formatRun } from "./report.ts";
import {
  type JobRun,
  MAIN_JOB,
  readAgencyResults,
  triggerJob,
} from "./runs.ts";
import {
  readConfig,
  resetDatabase,
  type RunningStack,
  type StackStatus,
  stackStatus,
  startStack,
  stopStack,
} from "./stack.ts";
import { statePaths } from "./state_dir.ts";

/** `npm start` */
export async function start(): Promise<void> {
  await printRunningStack(await startStack({ progress: terminalProgress() }));
}

/** `npm run reset` */
export async function reset(): Promise<void> {
  await printRunningStack(
    await resetDatabase({ progress: terminalProgress() }),
  );
}

/** `npm run stop` */
export async function stop(): Promise<void> {
  const config = readConfig();
  const stopped = await exists(config.stateDir) && await stopStack(config);
  console.log(stopped ? "The stack is stopped." : "The stack was not running.");
}

/** `npm run job [-- name]`: exit code 1 when the run failed. */
export async function job(name: string): Promise<void> {
  const config = readConfig();
  if (!(await stackStatus(config)).running) {
    throw new StackError(
      "The stack is not running: start it with `npm start`.",
    );
  }
  const run = await triggerJob(config, name);
  console.log(await describeRun(config, run));
  if (run.status === "failed") Deno.exitCode = 1;
}

/** `npm run status [-- --json]`: exit code 1 when the stack is not running. */
export async function status(
  options: { readonly json: boolean },
): Promise<void> {
  const config = readConfig();
  const current = await stackStatus(config);
  console.log(
    options.json
      ? JSON.stringify(statusDocument(config, current), null, 2)
      : formatStatus(config, current),
  );
  if (!current.running) Deno.exitCode = 1;
}

/**
 * Prints what a start or reset arrived at. A failed first run or a function
 * that does not start makes the command fail, with the stack left running for
 * a look at it.
 */
async function printRunningStack(stack: RunningStack): Promise<void> {
  const { config, keys, run, isNewRun, failedFunctions } = stack;
  if (run !== null) {
    const title = isNewRun
      ? "pg_cron has just triggered the first run:"
      : "The stack was set up already. Its last successful run:";
    console.log(`\n${title}\n\n${await describeRun(config, run)}`);
  }
  console.log(`\n${formatAddresses(config, keys)}\n`);
  const { functionsLog } = statePaths(config);
  for (const name of failedFunctions) {
    console.error(`The function ${name} did not start: see ${functionsLog}.`);
  }
  const failed = failedFunctions.length > 0 || run?.status === "failed";
  if (failed) Deno.exitCode = 1;
}

async function describeRun(config: StackConfig, run: JobRun): Promise<string> {
  const hasAgencies = run.jobName === MAIN_JOB && run.status === "success";
  const agencies = hasAgencies ? await readAgencyResults(config, run.id) : [];
  return formatRun(run, agencies);
}

/** What `status --json` prints; other tools rely on these names. */
function statusDocument(
  config: StackConfig,
  { keys, ...status }: StackStatus,
): Readonly<Record<string, unknown>> {
  return {
    ...status,
    ...stackUrls(config),
    jobsApiKey: keys?.jobsApiKey ?? null,
    readKey: keys?.readKey ?? null,
    publishableKey: keys?.publishableKey ?? null,
    secretKey: keys?.secretKey ?? null,
    jwtSecret: keys?.jwtSecret ?? null,
    jwtKeyId: keys?.jwtKeyId ?? null,
    stateDir: config.stateDir,
  };
}

function formatStatus(config: StackConfig, status: StackStatus): string {
  const urls = stackUrls(config);
  const { keys, logs, postgresVersion: version } = status;
  const stateOf = (running: boolean) => running ? "running" : "stopped";
  const functions = Object.entries(status.functions)
    .map(([name, state]) => `${name} (${state})`);
  return formatFacts([
    ["stack", status.running ? "running" : "not running"],
    [
      "Postgres",
      stateOf(status.postgresRunning) +
      (version === null ? "" : ` (version ${version})`),
    ],
    ["gateway", stateOf(status.gatewayRunning)],
    ["functions", functions.join(", ") || null],
    ["API", urls.apiUrl],
    ["database", urls.databaseUrl],
    ["job key", keys?.jobsApiKey ?? null],
    ["read key", keys?.readKey ?? null],
    ["publishable key", keys?.publishableKey ?? null],
    ["secret key", keys?.secretKey ?? null],
    ["state", config.stateDir],
    ["gateway log", logs.gateway],
    ["functions log", logs.functions],
    ["Postgres log", logs.postgres],
  ]);
}
