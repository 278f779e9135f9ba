import { join } from "node:path";
import postgres from "postgres";
import { freePorts } from "../../check/free_ports.ts";
import { runningPostmaster } from "../../stack/cluster.ts";
import { findClusterHome } from "../../stack/cluster_home.ts";
import { type CommandResult, run } from "../../stack/command.ts";
import { configEnvironment } from "../../stack/config.ts";
import { runningGateway } from "../../stack/gateway_process.ts";
import { readKeys, type StackKeys } from "../../stack/keys.ts";
import { type StackConfig, stackUrls } from "../../stack/stack.ts";
import { statePaths } from "../../stack/state_dir.ts";
import type { Database } from "./database.ts";
import { processTree } from "./processes.ts";
import { removeStack } from "./remove_stack.ts";
import { config as testConfig } from "./stack.ts";

const [apiPort, dbPort] = freePorts(2);
const stateDir = join(testConfig.stateDir, "own");

/** A stack beside the one that the other tests use, to be broken and repaired. */
export const config: StackConfig = {
  ...testConfig,
  stateDir,
  apiPort,
  dbPort,
  functionsEnvFile: join(stateDir, "functions.env"),
};

export const urls = stackUrls(config);
export const paths = statePaths(config);

/** Variables that a developer may have set for another database, to be ignored. */
const SETTINGS_OF_A_PERSON = {
  PGHOST: "nowhere.invalid",
  PGUSER: "nobody",
  PGPASSWORD: "nonsense",
  PGOPTIONS: "-c nonsense=1",
  PGSERVICE: "nonsense",
  PGTZ: "Nonsense/Zone",
  LC_ALL: "xx_YY",
};

const environment = { ...SETTINGS_OF_A_PERSON, ...configEnvironment(config) };

/** Runs `npm run <command>` on that stack, without npm. */
export async function duewatch(...args: string[]): Promise<CommandResult> {
  return await run(commandOf(args), { env: environment });
}

/**
 * Runs a command and does some work as soon as it announces a step.
 *
 * @param work is given the id of the command's process, which leads a group.
 * @returns its exit code (128 and more: it was ended by a signal), the steps it
 *   announced, and what the work returned.
 */
export async function duringDuewatch<T>(
  command: string,
  step: RegExp,
  work: (pid: number) => Promise<T>,
): Promise<{ code: number; output: string; result: T }> {
  const child = new Deno.Command("setsid", {
    args: commandOf([command]),
    env: environment,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let output = "";
  let done: { result: T } | undefined;
  try {
    for await (
      const text of child.stderr.pipeThrough(new TextDecoderStream())
    ) {
      output += text;
      if (done !== undefined || !step.test(output)) continue;
      done = { result: await work(child.pid) };
    }
  } catch (error) {
    pressCtrlC(child.pid);
    throw error;
  } finally {
    await child.status;
  }
  if (done === undefined) throw new Error(`Never announced ${step}: ${output}`);
  return { code: (await child.status).code, output, ...done };
}

/** Presses Ctrl-C, which reaches the whole process group. */
export function pressCtrlC(pid: number): void {
  Deno.kill(-pid, "SIGINT");
}

/** Removes what an earlier test run left of that stack. */
export async function removeOwnStack(): Promise<void> {
  await removeStack(config);
}

/** Gives some work a connection to that stack's database. */
export async function withOwnDatabase<T>(
  work: (sql: Database) => Promise<T>,
): Promise<T> {
  const sql = postgres(urls.databaseUrl, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** The keys of that stack. */
export async function ownKeys(): Promise<StackKeys> {
  const keys = await readKeys(paths.keysFile);
  if (keys === null) throw new Error("The stack has no keys.");
  return keys;
}

/** The process ids of the gateway, its functions, and Postgres. */
export async function ownProcesses(): Promise<
  { gateway: number; functions: number[]; postgres: number }
> {
  const gateway = (await runningGateway(config))?.pid;
  const home = await findClusterHome(config);
  const postmaster = home === null ? null : await runningPostmaster(home);
  if (gateway === undefined || postmaster === null) {
    throw new Error("The stack does not run.");
  }
  const [, ...functions] = await processTree(gateway);
  return { gateway, functions, postgres: postmaster.pid };
}

/** The folder of that stack's database. */
export async function ownClusterHome(): Promise<string> {
  const home = await findClusterHome(config);
  if (home === null) throw new Error("The stack has no database.");
  return home;
}

/** Asks the Data API for the agencies, as `service_role`. */
export async function readAgencies(): Promise<Response> {
  const { secretKey } = await ownKeys();
  return await fetch(`${urls.restUrl}/agencies?select=name`, {
    headers: { apikey: secretKey },
    signal: AbortSignal.timeout(20_000),
  });
}

/** Triggers the main job over HTTP. */
export async function triggerOverHttp(): Promise<Response> {
  const { jobsApiKey } = await ownKeys();
  return await fetch(`${urls.functionsUrl}/update-installment-statuses`, {
    method: "POST",
    headers: { "X-API-Key": jobsApiKey },
    signal: AbortSignal.timeout(60_000),
  });
}

function commandOf(args: readonly string[]): string[] {
  return ["sh", join(config.repoDir, "scripts", "duewatch.sh"), ...args];
}
