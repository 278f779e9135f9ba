import { createContextClient, verifyCredentials } from "@supabase/server/core";
import type { SupabaseClient } from "@supabase/supabase-js";
import type { z } from "zod";
import type { Database } from "../database.types.ts";
import {
  EnvironmentError,
  keysOfProject,
  type signInVariables,
} from "../environment.ts";
import { classifyFailure, type RpcFailure } from "../rpc/failure.ts";
import { TimeLimit } from "../time-limit.ts";

/** The database as a signed-in user sees it: row level security applies. */
export type UserClient = SupabaseClient<Database>;

/** What a user's token turned out to be. */
export type SignIn =
  | { readonly kind: "admin"; readonly client: UserClient }
  | { readonly kind: "not_admin" }
  /** `reason` names the problem of the token and repeats nothing of it. */
  | { readonly kind: "refused"; readonly reason: string }
  /** The keys that would verify it are not there. */
  | { readonly kind: "unverifiable"; readonly reason: string }
  | { readonly kind: "database_failed"; readonly failure: RpcFailure };

export interface SignInAccess
  extends z.output<z.ZodObject<typeof signInVariables>> {
  readonly SUPABASE_URL: string;
}

// A person waits for the page and can reload it, so one attempt is enough.
const ROLE_LOOKUP_TIMEOUT_MS = 5000;

/** @returns whether a bearer token is a user's (RFC 7519) and not a key. */
export function isToken(bearer: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(bearer);
}

/**
 * Creates the check of a user's token.
 *
 * The token has to be signed with a key of the project, for a signed-in user
 * (audience `authenticated`), and not expired. The user is an admin when they
 * see a row of their own with the role `admin` in `user_roles`. A token that is
 * signed with the shared secret of an older project is refused, unless the
 * secret is among the verifying keys: nothing here could check it.
 *
 * @param access the project's address, its public keys, and the keys that
 *   verify tokens.
 * @throws {EnvironmentError} when there is no public key.
 */
export function createSignIn(
  access: SignInAccess,
): (token: string) => Promise<SignIn> {
  const publishableKeys = keysOfProject(
    access.SUPABASE_PUBLISHABLE_KEYS,
    access.SUPABASE_ANON_KEY,
  );
  if (Object.keys(publishableKeys).length === 0) {
    throw new EnvironmentError(
      "The function cannot start with this environment. " +
        "SUPABASE_PUBLISHABLE_KEYS and SUPABASE_ANON_KEY are both empty: " +
        "one of them must give the key with which users sign in.",
    );
  }
  const env = {
    url: access.SUPABASE_URL,
    publishableKeys,
    secretKeys: {},
    ...access.SUPABASE_JWKS && { jwks: access.SUPABASE_JWKS },
  };

  return async (token) => {
    const { data: verified, error } = await verifyCredentials(
      { token, apikey: null },
      { auth: "user", audience: "authenticated", env },
    );
    if (error) {
      // Its messages begin with the name of the library in brackets.
      const reason = error.message.replace(/^\[.*?\] /, "");
      return { kind: error.status >= 500 ? "unverifiable" : "refused", reason };
    }

    const client: UserClient = createContextClient<Database>({
      auth: { token },
      env,
      supabaseOptions: { db: { retry: false } },
    });
    return await lookUpRole(client, verified.jwtClaims?.sub ?? "");
  };
}

async function lookUpRole(
  client: UserClient,
  userId: string,
): Promise<SignIn> {
  using limit = new TimeLimit(ROLE_LOOKUP_TIMEOUT_MS);
  const answer = await client
    .from("user_roles")
    .select("role")
    .eq("user_id", userId)
    .eq("role", "admin")
    .limit(1)
    .abortSignal(limit.signal);
  if (answer.error !== null || answer.status >= 400) {
    const failure = classifyFailure(answer);
    return answer.status === 401
      ? { kind: "refused", reason: failure.message }
      : { kind: "database_failed", failure };
  }
  return answer.data.length > 0
    ? { kind: "admin", client }
    : { kind: "not_admin" };
}
