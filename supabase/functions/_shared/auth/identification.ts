import type { EnvironmentOf, readerVariables } from "../environment.ts";
import { bearerToken, createKeyCheck, secretKeysOf } from "./api-keys.ts";
import { forbidden, notConfigured, unauthorized } from "./refusals.ts";
import { createSignIn, isToken, type UserClient } from "./sign-in.ts";

/** Who sent a request. */
export type Caller =
  /** A program. */
  | {
    readonly kind: "key";
    readonly key: "read key" | "job key" | "secret key";
  }
  /** A person; what they ask of the database goes through `client`. */
  | {
    readonly kind: "admin";
    readonly client: UserClient;
    /** Their email address, or their id where they have none. */
    readonly name: string;
  };

/** What a function is opened with. */
export interface Door {
  /** Whether a read key opens it, too. */
  readonly readKeys: boolean;
  /** A sentence that names the credentials it takes. */
  readonly credentials: string;
}

/**
 * Creates the check of a caller's credentials. A key counts in `X-API-Key` and
 * as a bearer token, a secret key of the project in `apikey`, an admin's token
 * as a bearer token. With an `X-API-Key` no other credential is looked at. A
 * publishable key in `apikey`, which supabase-js always sends, is ignored.
 *
 * @returns the check, which throws a `RequestError` for everyone else.
 * @throws {EnvironmentError} when users cannot be signed in.
 */
export function createIdentification(
  environment: EnvironmentOf<typeof readerVariables>,
  { readKeys, credentials }: Door,
): (headers: Headers) => Promise<Caller> {
  const jobKeys = [
    ...environment.JOBS_API_KEY,
    ...environment.SUPABASE_FUNCTION_KEY,
  ];
  const isReadKey = createKeyCheck(environment.JOBS_READ_KEY);
  const isJobKey = createKeyCheck(jobKeys);
  const isConfigured = jobKeys.length > 0 ||
    readKeys && environment.JOBS_READ_KEY.length > 0;
  const isSecretKey = createKeyCheck(secretKeysOf(environment));
  const signIn = createSignIn(environment);

  function knownKey(key: string): "read key" | "job key" | undefined {
    // Both are always looked at, so that the time reveals nothing.
    const isRead = isReadKey(key);
    const isJob = isJobKey(key);
    return isJob ? "job key" : isRead ? "read key" : undefined;
  }

  function byKey(presented: string): Caller {
    if (!isConfigured) {
      throw readKeys
        ? notConfigured("read key or job key", "JOBS_READ_KEY")
        : notConfigured("job key", "JOBS_API_KEY");
    }
    const key = knownKey(presented);
    if (key === undefined) {
      throw unauthorized(credentials, { reason: "wrong_key" });
    }
    if (key === "read key" && !readKeys) {
      throw forbidden(`A read key may only read. ${credentials}`, {
        reason: "read_key",
      });
    }
    return { kind: "key", key };
  }

  return async (headers) => {
    const apiKey = headers.get("X-API-Key");
    if (apiKey !== null) return byKey(apiKey);

    const projectKey = headers.get("apikey");
    if (projectKey !== null && isSecretKey(projectKey)) {
      return { kind: "key", key: "secret key" };
    }

    const bearer = bearerToken(headers);
    if (bearer === undefined) {
      throw unauthorized(credentials, { reason: "no_credentials" });
    }
    return knownKey(bearer) !== undefined || !isToken(bearer)
      ? byKey(bearer)
      : { kind: "admin", ...await signIn(bearer) };
  };
}
