import type { SupabaseClient } from "@supabase/supabase-js";
import type { z } from "zod";
import type { Database } from "./database.types.ts";
import {
  databaseVariables,
  type EnvironmentOf,
  parseEnvironment,
} from "./environment.ts";
import { createLogger, type Logger } from "./logger.ts";
import { type CallRpc, createAdmin, rpcThrough } from "./rpc/client.ts";

/** What a function takes from the runtime; tests give their own. */
export interface Platform<Variables extends z.ZodRawShape> {
  readonly environment: EnvironmentOf<Variables>;
  readonly callRpc: CallRpc;
  readonly log: Logger;
  /** Asks the runtime to stay until the work is done, answered or not. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

/** The runtime that a function is deployed on. */
export interface DeployedPlatform<Variables extends z.ZodRawShape>
  extends Platform<Variables> {
  /** The database with full rights, row level security bypassed. */
  readonly admin: SupabaseClient<Database>;
}

declare global {
  /** Of Supabase's edge runtime; plain Deno has none and needs none. */
  var EdgeRuntime:
    | { waitUntil(work: Promise<unknown>): void }
    | undefined;
}

/**
 * Binds a function to the runtime it is deployed on. Call it once, at start.
 *
 * @throws {EnvironmentError} when a variable is missing or wrong.
 */
export function createPlatform<Variables extends z.ZodRawShape>(
  variables: Variables,
): DeployedPlatform<Variables> {
  const environment = parseEnvironment(variables);
  const admin = createAdmin(parseEnvironment(databaseVariables));
  return {
    environment,
    admin,
    callRpc: rpcThrough(admin),
    log: createLogger(),
    keepAlive: (work) => globalThis.EdgeRuntime?.waitUntil(work),
  };
}
