import type { EnvironmentOf, readerVariables } from "../environment.ts";
import { createKeyRing } from "./key-ring.ts";
import { forbidden, notConfigured, unauthorized } from "./refusals.ts";
import { createSignIn, type UserClient } from "./sign-in.ts";

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
 * Creates the check of a caller's credentials: a key, or the token of an admin.
 * See `createKeyRing()` for where a credential counts.
 *
 * @returns the check, which throws a `RequestError` for everyone else.
 * @throws {EnvironmentError} when users cannot be signed in.
 */
export function createIdentification(
  environment: EnvironmentOf<typeof readerVariables>,
  { readKeys, credentials }: Door,
): (headers: Headers) => Promise<Caller> {
  const keys = createKeyRing(environment);
  const signIn = createSignIn(environment);

  function assertConfigured(): void {
    if (keys.hasJobKey || (readKeys && keys.hasReadKey)) return;
    throw readKeys
      ? notConfigured("read key or job key", "JOBS_READ_KEY")
      : notConfigured("job key", "JOBS_API_KEY");
  }

  return async (headers) => {
    const credential = keys.credentialOf(headers);
    switch (credential.kind) {
      case "token":
        return { kind: "admin", ...await signIn(credential.token) };
      case "nothing":
        throw unauthorized(credentials, { reason: "no_credentials" });
      case "unknown":
        assertConfigured();
        throw unauthorized(credentials, { reason: "wrong_key" });
      case "key":
        if (credential.key === "secret key") return credential;
        assertConfigured();
        if (credential.key === "read key" && !readKeys) {
          throw forbidden(`A read key may only read. ${credentials}`, {
            reason: "read_key",
          });
        }
        return credential;
    }
  };
}
