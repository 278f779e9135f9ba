import { createContextClient, verifyCredentials } from "@supabase/server/core";
import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Database } from "../database.types.ts";
import {
  EnvironmentError,
  type EnvironmentOf,
  keysOfProject,
  type readerVariables,
} from "../environment.ts";
import { explainIssues } from "../explain-issues.ts";
import { databaseError, RequestError } from "../http/errors.ts";
import { classifyFailure } from "../rpc/failure.ts";
import { TimeLimit } from "../time-limit.ts";
import { forbidden, unauthorized } from "./refusals.ts";

/** The database as a signed-in user sees it: row level security applies. */
export type UserClient = SupabaseClient<Database>;

/** A signed-in admin. */
export interface Admin {
  readonly client: UserClient;
  /** Their email address, or their id where they have none. */
  readonly name: string;
}

const signedInClaims = z.object({
  sub: z.guid("the claim sub must be the UUID of a user"),
  role: z.string("the claim role must be the name of a role"),
});

// A person waits for the page and can reload it, so one attempt is enough.
const ROLE_LOOKUP_TIMEOUT_MS = 5000;

/** How the SQLSTATE of a value begins that Postgres cannot take. */
const DATA_EXCEPTION = "22";

/**
 * Creates the check of a user's token.
 *
 * The token has to be signed with a key of the project, for a signed-in user
 * (audience `authenticated`), with the id of a user and a role that the database
 * knows, and not expired. The user is an admin when they
 * see a row of their own with the role `admin` in `user_roles`. A token that is
 * signed with the shared secret of an older project is refused, unless the
 * secret is among the verifying keys: nothing here could check it.
 *
 * @param access the project's address, its public keys, and the keys that
 *   verify tokens.
 * @returns the check, which gives the admin and the database as they see it,
 *   and throws a `RequestError` for everyone else.
 * @throws {EnvironmentError} when there is no public key.
 */
export function createSignIn(
  access: EnvironmentOf<typeof readerVariables>,
): (token: string) => Promise<Admin> {
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
      const detail = error.message.replace(/^\[.*?\] /, "");
      throw error.status >= 500 ? unverifiable(detail) : wrongToken(detail);
    }

    const claims = signedInClaims.safeParse(verified.jwtClaims);
    if (!claims.success) {
      throw wrongToken(
        `The token cannot be used: ${explainIssues(claims.error)}.`,
      );
    }

    const client: UserClient = createContextClient<Database>({
      auth: { token },
      env,
      supabaseOptions: { db: { retry: false } },
    });
    await assertAdmin(client, claims.data);
    const name = nameOf(claims.data.sub, verified.jwtClaims?.email);
    return { client, name };
  };
}

async function assertAdmin(
  client: UserClient,
  { sub: userId, role }: z.output<typeof signedInClaims>,
): Promise<void> {
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
    const detail = failure.message;
    if (answer.status === 401) throw wrongToken(detail);
    if (role !== "authenticated" && failure.kind === "permanent") {
      throw wrongToken("The token's role cannot read user_roles.");
    }
    // The question is always the same, so the value that the database cannot
    // read is in a claim: a NUL, for instance.
    if (failure.code.startsWith(DATA_EXCEPTION)) {
      throw wrongToken(
        "The token cannot be used: the database cannot read its claims.",
      );
    }
    throw databaseError(failure, {
      event: "request_refused",
      reason: "role_unknown",
      detail,
    });
  }
  if (answer.data.length === 0) {
    throw forbidden(
      "You are signed in, but only an admin may do this. An admin has a " +
        "row with the role admin in user_roles.",
      { reason: "not_admin" },
    );
  }
}

/** @param detail names the problem of the token and repeats nothing of it. */
function wrongToken(detail: string): RequestError {
  const why = { reason: "wrong_token", detail };
  return unauthorized(detail, why, "invalid_token");
}

/** The keys that would verify the token are not there. */
function unverifiable(detail: string): RequestError {
  return new RequestError(
    503,
    "sign_in_unavailable",
    "Sign-in is not available at the moment. The log of the function says " +
      "why. Until then, use a key.",
    {
      logged: {
        event: "request_refused",
        reason: "unverifiable_token",
        detail,
      },
    },
  );
}

function nameOf(userId: string, email: unknown): string {
  return typeof email === "string" && email.trim() !== ""
    ? email.trim()
    : `user ${userId}`;
}
