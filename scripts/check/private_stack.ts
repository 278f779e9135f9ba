import { join } from "node:path";
import { freePorts } from "./free_ports.ts";
import { configEnvironment } from "../stack/config.ts";
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
 * database, free ports. What an interrupted run left behind is replaced.
 *
 * @param name of its folder in the state folder; stacks of different names can
 *   run at the same time.
 * @throws StackError when the stack cannot be brought up.
 */
export async function startPrivateStack(
  name = "test",
): Promise<PrivateStack> {
  const standard = readConfig({});
  const [apiPort, dbPort] = freePorts(2);
  const config: StackConfig = {
    ...standard,
    stateDir: join(standard.stateDir, name),
    apiPort,
    dbPort,
  };
  await stopStack(config);
  await resetDatabase({ config, seed: false, firstRun: false });
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
    async stop() {
      await stopStack(config);
    },
  };
}

async function tail(path: string | null): Promise<string> {
  if (path === null) return "";
  try {
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    return `--- ${path}\n${lines.slice(-40).join("\n")}`;
  } catch (error) {
    return `--- ${path}: ${error instanceof Error ? error.message : error}`;
  }
}
