import { join } from "node:path";
import postgres from "postgres";
import { freePorts } from "../../check/free_ports.ts";
import { destroyCluster, runningPostmaster } from "../../stack/cluster.ts";
import { existingCluster } from "../../stack/cluster.ts";
import { findClusterHome } from "../../stack/cluster_home.ts";
import { type CommandResult, run } from "../../stack/command.ts";
import { configEnvironment } from "../../stack/config.ts";
import { removeIfExists } from "../../stack/files.ts";
import { runningGateway } from "../../stack/gateway_process.ts";
import { readKeys, type StackKeys } from "../../stack/keys.ts";
import { type StackConfig, stackUrls, stopStack } from "../../stack/stack.ts";
import { statePaths } from "../../stack/state_dir.ts";
import { clusterUser } from "../../stack/users.ts";
import type { Database } from "./database.ts";
import { processTree } from "./processes.ts";
import { config as testConfig } from "./stack.ts";

const [apiPort, dbPort] = freePorts(2);
const stateDir = join(testConfig.stateDir, "own");

/** A stack beside the one that the other tests use, to be broken and mended. */
export const config: StackConfig = {
  ...testConfig,
  stateDir,
  apiPort,
  dbPort,
  functionsEnvFile: join(stateDir, "functions.env"),
};

export const urls = stackUrls(config);
export const paths = statePaths(config);

/** Runs `npm run <command>` on that stack, without npm. */
export async function duewatch(...args: string[]): Promise<CommandResult> {
  return await run(commandOf(args), { env: configEnvironment(config) });
}

/**
 * Runs a command and presses Ctrl-C, which reaches the whole process group, as
 * soon as it announces a step.
 *
 * @param work is done between the announcement and the interruption.
 */
export async function interruptDuewatch(
  command: string,
  step: RegExp,
  work: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const child = new Deno.Command("setsid", {
    args: commandOf([command]),
    env: configEnvironment(config),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let said = "";
  let announced = false;
  try {
    for await (
      const text of child.stderr.pipeThrough(new TextDecoderStream())
    ) {
      said += text;
      if (announced || !step.test(said)) continue;
      announced = true;
      await work();
      Deno.kill(-child.pid, "SIGINT");
    }
  } catch (error) {
    Deno.kill(-child.pid, "SIGINT");
    throw error;
  } finally {
    await child.status;
  }
  if (!announced) throw new Error(`Never announced ${step}: ${said}`);
}

/** Removes what an earlier test run left of that stack. */
export async function removeOwnStack(): Promise<void> {
  await stopStack(config);
  const home = await findClusterHome(config);
  if (home !== null) {
    const cluster = await existingCluster(home, await clusterUser(), dbPort);
    if (cluster !== null) await destroyCluster(cluster);
  }
  await removeIfExists(config.stateDir);
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
