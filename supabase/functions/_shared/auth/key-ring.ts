import type {
  EnvironmentOf,
  jobKeyVariables,
  secretKeyVariables,
} from "../environment.ts";
import { createKeyCheck, secretKeysOf } from "./api-keys.ts";

/** What a request shows to be let in. */
export type Credential =
  | {
    readonly kind: "key";
    readonly key: "read key" | "job key" | "secret key";
  }
  /** The token of a user, not verified yet. */
  | { readonly kind: "token"; readonly token: string }
  /** A key that the server does not know. */
  | { readonly kind: "unknown" }
  | { readonly kind: "nothing" };

/** The keys of a server. */
export interface KeyRing {
  readonly hasJobKey: boolean;
  readonly hasReadKey: boolean;
  /** @returns what a request shows. */
  readonly credentialOf: (headers: Headers) => Credential;
}

/**
 * Creates the one place that knows where a credential counts: a job key or a
 * read key in `X-API-Key` or as a bearer token, a secret key of the project in
 * `apikey` or as a bearer token, a user's token as a bearer token. With an
 * `X-API-Key`, be it empty, no other credential is looked at. A publishable key
 * in `apikey`, which supabase-js always sends, is ignored.
 */
export function createKeyRing(
  environment:
    & EnvironmentOf<typeof jobKeyVariables & typeof secretKeyVariables>
    & { readonly JOBS_READ_KEY?: readonly string[] },
): KeyRing {
  const jobKeys = [
    ...environment.JOBS_API_KEY,
    ...environment.SUPABASE_FUNCTION_KEY,
  ];
  const readKeys = environment.JOBS_READ_KEY ?? [];
  const isJobKey = createKeyCheck(jobKeys);
  const isReadKey = createKeyCheck(readKeys);
  const isSecretKey = createKeyCheck(secretKeysOf(environment));

  function ownKey(key: string): Credential | undefined {
    // Both are always looked at, so that the time reveals nothing.
    const isRead = isReadKey(key);
    const isJob = isJobKey(key);
    if (isJob) return { kind: "key", key: "job key" };
    return isRead ? { kind: "key", key: "read key" } : undefined;
  }

  function credentialOf(headers: Headers): Credential {
    const apiKey = headers.get("X-API-Key");
    if (apiKey !== null) return ownKey(apiKey) ?? { kind: "unknown" };

    const bearer = bearerToken(headers);
    const mayBeSecret = [headers.get("apikey"), bearer];
    if (mayBeSecret.some((key) => key != null && isSecretKey(key))) {
      return { kind: "key", key: "secret key" };
    }
    if (bearer === undefined) return { kind: "nothing" };
    return ownKey(bearer) ?? (
      isToken(bearer) ? { kind: "token", token: bearer } : { kind: "unknown" }
    );
  }

  return {
    hasJobKey: jobKeys.length > 0,
    hasReadKey: readKeys.length > 0,
    credentialOf,
  };
}

/** @returns the token of `Authorization: Bearer`; undefined without one. */
function bearerToken(headers: Headers): string | undefined {
  return /^Bearer +(.+)$/i.exec(headers.get("Authorization") ?? "")?.[1];
}

/** @returns whether a bearer token is a user's (RFC 7519) and not a key. */
function isToken(bearer: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(bearer);
}
