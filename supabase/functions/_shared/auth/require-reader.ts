import type { MiddlewareHandler } from "hono";
import type { EnvironmentOf, readerVariables } from "../environment.ts";
import { bearerToken, createKeyCheck } from "./api-keys.ts";
import { notConfigured, unauthorized } from "./refusals.ts";
import { createSignIn, isToken, type UserClient } from "./sign-in.ts";

/** Who reads. */
export type Reader =
  /** A program, which may see everything. */
  | { readonly kind: "key" }
  /** A person; what they ask of the database goes through `client`. */
  | { readonly kind: "admin"; readonly client: UserClient };

/** What the middleware adds to the context of a request. */
export interface ReaderContext {
  Variables: { reader: Reader };
}

const CREDENTIALS =
  "This takes a read key or a job key, in X-API-Key or as Authorization: " +
  "Bearer; or a secret key of the project in apikey; or the token of a " +
  "signed-in admin as Authorization: Bearer.";

/**
 * Lets a request through for anyone who may read reports on jobs, and puts the
 * caller into the context's variable `reader`.
 *
 * A read key or a job key counts in `X-API-Key` and as a bearer token, a secret
 * key of the project in `apikey`, an admin's token as a bearer token. With an
 * `X-API-Key` no other credential is looked at. A publishable key in `apikey`,
 * which supabase-js always sends, is ignored.
 *
 * @returns middleware that answers 401 without valid credentials, 403 to
 *   signed-in users who are no admins, and 503 to a read or job key while the
 *   server has none, and to a token that cannot be verified now.
 * @throws {EnvironmentError} when users cannot be signed in.
 */
export function requireReader(
  environment: EnvironmentOf<typeof readerVariables>,
): MiddlewareHandler<ReaderContext> {
  const readersKeys = [
    ...environment.JOBS_READ_KEY,
    ...environment.JOBS_API_KEY,
    ...environment.SUPABASE_FUNCTION_KEY,
  ];
  const isReadersKey = createKeyCheck(readersKeys);
  const legacyKey = environment.SUPABASE_SERVICE_ROLE_KEY;
  const isSecretKey = createKeyCheck([
    ...Object.values(environment.SUPABASE_SECRET_KEYS),
    ...legacyKey === undefined ? [] : [legacyKey],
  ]);
  const signIn = createSignIn(environment);

  function byKey(key: string): Reader {
    if (readersKeys.length === 0) {
      throw notConfigured("read key or job key", "JOBS_READ_KEY");
    }
    if (isReadersKey(key)) return { kind: "key" };
    throw unauthorized(CREDENTIALS, { reason: "wrong_key" });
  }

  async function identify(headers: Headers): Promise<Reader> {
    const apiKey = headers.get("X-API-Key");
    if (apiKey !== null) return byKey(apiKey);

    const projectKey = headers.get("apikey");
    if (projectKey !== null && isSecretKey(projectKey)) return { kind: "key" };

    const bearer = bearerToken(headers);
    if (bearer === undefined) {
      throw unauthorized(CREDENTIALS, { reason: "no_credentials" });
    }
    return isReadersKey(bearer) || !isToken(bearer)
      ? byKey(bearer)
      : { kind: "admin", client: await signIn(bearer) };
  }

  return async (context, next) => {
    context.set("reader", await identify(context.req.raw.headers));
    await next();
  };
}
