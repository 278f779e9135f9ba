import { join } from "node:path";
import { freePorts } from "./free_ports.ts";
import { configEnvironment } from "../stack/config.ts";
import { exists, removeIfExists } from "../stack/files.ts";
import { lastLines } from "../stack/log_file.ts";
import {
  readConfig,
  resetDatabase,
  type StackConfig,
  stackStatus,
  stackUrls,
  stopStack,
} from "../stack/stack.ts";

/** A stack that belongs to one run of the tests. */
export interface PrivateStack {
  readonly config: StackConfig;
  /** What other processes need to find and use this stack. */
  readonly environment: Readonly<Record<string, string>>;
  /** What its processes logged last, for the report of a failure. */
  logs(): Promise<string>;
  /** Ends its processes. */
  stop(): Promise<void>;
}

/**
 * Starts a new, empty stack beside a developer's own: own state folder, own
 * database, own ports. What an interrupted run left behind is replaced.
 *
 * @param name of its folder in the state folder; stacks of different names can
 *   run at the same time.
 * @param ports of its gateway and its database.
 * @throws StackError when the stack cannot be brought up.
 */
export async function startPrivateStack(
  name: string,
  [apiPort, dbPort]: readonly number[] = freePorts(2),
): Promise<PrivateStack> {
  const standard = readConfig({});
  const stateDir = join(standard.stateDir, name);
  const config: StackConfig = {
    ...standard,
    stateDir,
    apiPort,
    dbPort,
    // Not the developer's: a test must not reach the real Slack.
    functionsEnvFile: join(stateDir, "functions.env"),
    postponeJobs: true,
  };
  await stopWithInner(config);
  await removeIfExists(config.functionsEnvFile);
  try {
    await resetDatabase({ config, seed: false, firstRun: false });
  } catch (error) {
    await stopStack(config);
    throw error;
  }
  const { keys, logs } = await stackStatus(config);
  const urls = stackUrls(config);
  return {
    config,
    environment: {
      ...configEnvironment(config),
      PGHOST: "127.0.0.1",
      PGPORT: String(dbPort),
      PGUSER: "postgres",
      PGPASSWORD: "postgres",
      PGDATABASE: "postgres",
      DATABASE_URL: urls.databaseUrl,
      SUPABASE_URL: urls.apiUrl,
      JOBS_API_KEY: keys?.jobsApiKey ?? "",
    },
    async logs() {
      const texts = await Promise.all(
        [logs.gateway, logs.functions, logs.postgres].map(tail),
      );
      return texts.join("\n");
    },
    stop: () => stopWithInner(config),
  };
}

// Some tests start a stack of their own in a folder inside this one's, and
// leave it running when they are interrupted.
async function stopWithInner(config: StackConfig): Promise<void> {
  await stopStack(config);
  for await (const { name } of Deno.readDir(config.stateDir)) {
    const stateDir = join(config.stateDir, name);
    const isStack = await exists(join(stateDir, "keys.json"));
    if (isStack) await stopStack({ ...config, stateDir });
  }
}

async function tail(path: string | null): Promise<string> {
  return path === null ? "" : `--- ${path}\n${await lastLines(path, 40)}`;
}
