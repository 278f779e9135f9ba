import type { SupabaseClient } from "@supabase/supabase-js";
import type { z } from "zod";
import type { Database } from "./database.types.ts";
import { databaseVariables, parseEnvironment } from "./environment.ts";
import { createLogger, type Logger } from "./logger.ts";
import { type CallRpc, createAdmin, rpcThrough } from "./rpc/client.ts";

/** What a function takes from the runtime; tests give their own. */
export interface Platform<Environment> {
  readonly environment: Environment;
  readonly callRpc: CallRpc;
  readonly log: Logger;
  /** Asks the runtime to stay until the work is done, answered or not. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

/** The runtime that a function is deployed on. */
export interface DeployedPlatform<Environment> extends Platform<Environment> {
  /** The database with full rights, row level security bypassed. */
  readonly admin: SupabaseClient<Database>;
  /**
   * Reads and checks further variables.
   *
   * @throws {EnvironmentError} when one of them is missing or wrong.
   */
  readonly readEnvironment: <Variables extends z.ZodRawShape>(
    variables: Variables,
  ) => z.output<z.ZodObject<Variables>>;
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
 * @param variables the function's own environment variables, by name.
 * @returns the checked environment and ready clients.
 * @throws {EnvironmentError} when a variable is missing or wrong.
 */
export function createPlatform<Variables extends z.ZodRawShape>(
  variables: Variables,
): DeployedPlatform<z.output<z.ZodObject<Variables>>> {
  const readEnvironment = <Each extends z.ZodRawShape>(each: Each) =>
    parseEnvironment(each, (name) => Deno.env.get(name));
  const environment = readEnvironment(variables);
  const admin = createAdmin(readEnvironment(databaseVariables));
  return {
    environment,
    readEnvironment,
    admin,
    callRpc: rpcThrough(admin),
    log: createLogger(),
    keepAlive: (work) => globalThis.EdgeRuntime?.waitUntil(work),
  };
}
