import type { z } from "zod";
import { databaseVariables, parseEnvironment } from "./environment.ts";
import { createLogger, type Logger } from "./logger.ts";
import { type CallRpc, createAdminRpc } from "./rpc/client.ts";

/** All that a function takes from the runtime; tests give their own. */
export interface Platform<Environment> {
  readonly environment: Environment;
  readonly callRpc: CallRpc;
  readonly log: Logger;
  /** Asks the runtime to stay until the work is done, answered or not. */
  readonly keepAlive: (work: Promise<unknown>) => void;
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
): Platform<z.output<z.ZodObject<Variables>>> {
  const read = (name: string) => Deno.env.get(name);
  return {
    environment: parseEnvironment(variables, read),
    callRpc: createAdminRpc(parseEnvironment(databaseVariables, read)),
    log: createLogger(),
    keepAlive: (work) => globalThis.EdgeRuntime?.waitUntil(work),
  };
}
