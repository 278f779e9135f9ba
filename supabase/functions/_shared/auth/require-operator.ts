import type { MiddlewareHandler } from "hono";
import type { EnvironmentOf, readerVariables } from "../environment.ts";
import { createIdentification } from "./identification.ts";

/** What the middleware adds to the context of a request. */
export interface OperatorContext {
  Variables: {
    /** The caller: the kind of their key, or the email address of the admin. */
    operator: string;
  };
}

const CREDENTIALS =
  "This takes a job key, in X-API-Key or as Authorization: Bearer; or a " +
  "secret key of the project, in apikey or as Authorization: Bearer; or the " +
  "token of a signed-in admin as Authorization: Bearer.";

/**
 * Lets a request through for anyone who may act on jobs, and puts who they are
 * into the context's variable `operator`. See `createKeyRing()` for where
 * a credential counts.
 *
 * @returns middleware that answers 401 without valid credentials, 403 to a read
 *   key and to signed-in users who are no admins, and 503 to a job key while the
 *   server has none, and to a token that cannot be verified now.
 * @throws {EnvironmentError} when users cannot be signed in.
 */
export function requireOperator(
  environment: EnvironmentOf<typeof readerVariables>,
): MiddlewareHandler<OperatorContext> {
  const identify = createIdentification(environment, {
    readKeys: false,
    credentials: CREDENTIALS,
  });

  return async (context, next) => {
    const caller = await identify(context.req.raw.headers);
    context.set("operator", caller.kind === "key" ? caller.key : caller.name);
    await next();
  };
}
