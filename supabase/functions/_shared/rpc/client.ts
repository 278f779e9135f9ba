import { createAdminClient } from "@supabase/server/core";
import type { SupabaseClient } from "@supabase/supabase-js";
import type { Database } from "../database.types.ts";
import {
  type databaseVariables,
  EnvironmentError,
  type EnvironmentOf,
  keysOfProject,
} from "../environment.ts";

type Functions = Database["public"]["Functions"];

/** The name of a database function that the Data API offers. */
export type RpcName = keyof Functions & string;

/** The named arguments of a database function. */
export type RpcArgs<Name extends RpcName> = Functions[Name]["Args"];

/** What supabase-js reports; a status of 0 means that no answer came. */
export interface RpcAnswer {
  readonly status: number;
  readonly data: unknown;
  readonly error: unknown;
}

/**
 * Calls a database function once. Never rejects for what the database, the
 * gateway or the network does: that is in the answer.
 */
export type CallRpc = <Name extends RpcName>(
  name: Name,
  args: RpcArgs<Name>,
  signal: AbortSignal,
) => Promise<RpcAnswer>;

/**
 * Opens the database with full rights, row level security bypassed.
 *
 * @param access the project's address and its secret keys by name, or the
 *   legacy service role key.
 * @returns a client of the Data API that repeats nothing by itself.
 * @throws {EnvironmentError} when there is no key.
 */
export function createAdmin(
  access: EnvironmentOf<typeof databaseVariables>,
): SupabaseClient<Database> {
  const secretKeys = keysOfProject(
    access.SUPABASE_SECRET_KEYS,
    access.SUPABASE_SERVICE_ROLE_KEY,
  );
  if (Object.keys(secretKeys).length === 0) {
    throw new EnvironmentError(
      "The function cannot start with this environment. " +
        "SUPABASE_SECRET_KEYS and SUPABASE_SERVICE_ROLE_KEY are both empty: " +
        "one of them must give the key for the database.",
    );
  }

  return createAdminClient<Database>({
    env: { url: access.SUPABASE_URL, secretKeys },
    // Retries are ours, so that their number and delays are exact.
    supabaseOptions: { db: { retry: false } },
  });
}

/** @returns calls of database functions with the rights that `client` has. */
export function rpcThrough(client: SupabaseClient<Database>): CallRpc {
  return async (name, args, signal) => {
    const { status, data, error } = await client
      .rpc(name, args)
      .abortSignal(signal);
    return { status, data, error };
  };
}
