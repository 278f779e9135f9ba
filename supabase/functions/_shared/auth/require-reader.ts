import type { MiddlewareHandler } from "hono";
import type { EnvironmentOf, readerVariables } from "../environment.ts";
import { createIdentification } from "./identification.ts";
import type { UserClient } from "./sign-in.ts";

/** Who reads. */
export type Reader =
  /** A program. With a read key it sees no items, errors and words of people. */
  | { readonly kind: "key"; readonly seesDetails: boolean }
  /** A person; what they ask of the database goes through `client`. */
  | {
    readonly kind: "admin";
    readonly client: UserClient;
    readonly seesDetails: true;
  };

/** What the middleware adds to the context of a request. */
export interface ReaderContext {
  Variables: { reader: Reader };
}

const CREDENTIALS =
  "This takes a read key or a job key, in X-API-Key or as Authorization: " +
  "Bearer; or a secret key of the project, in apikey or as " +
  "Authorization: Bearer; or the token of a signed-in admin as " +
  "Authorization: Bearer.";

/**
 * Lets a request through for anyone who may read reports on jobs, and puts the
 * caller into the context's variable `reader`. See `createKeyRing()` for where
 * a credential counts.
 *
 * @returns middleware that answers 401 without valid credentials, 403 to
 *   signed-in users who are no admins, and 503 to a read or job key while the
 *   server has none, and to a token that cannot be verified now.
 * @throws {EnvironmentError} when users cannot be signed in.
 */
export function requireReader(
  environment: EnvironmentOf<typeof readerVariables>,
): MiddlewareHandler<ReaderContext> {
  const identify = createIdentification(environment, {
    readKeys: true,
    credentials: CREDENTIALS,
  });

  return async (context, next) => {
    const caller = await identify(context.req.raw.headers);
    context.set(
      "reader",
      caller.kind === "key"
        ? { kind: "key", seesDetails: caller.key !== "read key" }
        : { kind: "admin", client: caller.client, seesDetails: true },
    );
    await next();
  };
}
