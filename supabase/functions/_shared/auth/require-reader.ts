import type { MiddlewareHandler } from "hono";
import type { z } from "zod";
import type { readerVariables } from "../environment.ts";
import { errorAnswer } from "../http/errors.ts";
import type { Logger } from "../logger.ts";
import { databaseFailureAnswer } from "../rpc/failure-answer.ts";
import { bearerToken, createKeyCheck } from "./api-keys.ts";
import { forbidden, notConfigured, unauthorized } from "./refusals.ts";
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

/** A refusal; `reason` and `detail` are for the log. */
interface Refusal {
  readonly kind: "refused";
  readonly reason: string;
  readonly detail?: string;
  readonly answer: Response;
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
  environment: z.output<z.ZodObject<typeof readerVariables>>,
  log: Logger,
): MiddlewareHandler<ReaderContext> {
  const identify = createIdentification(environment);

  return async (context, next) => {
    const caller = await identify(context.req.raw.headers);
    if (caller.kind === "refused") {
      const { reason, detail, answer } = caller;
      log[answer.status >= 500 ? "error" : "warn"]("request_refused", {
        reason,
        detail,
      });
      return answer;
    }
    context.set("reader", caller);
    await next();
  };
}

function createIdentification(
  environment: z.output<z.ZodObject<typeof readerVariables>>,
): (headers: Headers) => Promise<Reader | Refusal> {
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

  function byKey(key: string): Reader | Refusal {
    if (readersKeys.length === 0) {
      return refusal(
        "not_configured",
        notConfigured("read key or job key", "JOBS_READ_KEY"),
        "neither JOBS_READ_KEY nor JOBS_API_KEY is set",
      );
    }
    return isReadersKey(key)
      ? { kind: "key" }
      : refusal("wrong_key", unauthorized(CREDENTIALS));
  }

  async function byToken(token: string): Promise<Reader | Refusal> {
    const signedIn = await signIn(token);
    switch (signedIn.kind) {
      case "admin":
        return signedIn;
      case "not_admin":
        return refusal(
          "not_admin",
          forbidden(
            "You are signed in, but only an admin may read this. An admin " +
              "has a row with the role admin in user_roles.",
          ),
        );
      case "refused":
        return refusal(
          "wrong_token",
          unauthorized(signedIn.reason, "invalid_token"),
          signedIn.reason,
        );
      case "unverifiable":
        return refusal(
          "unverifiable_token",
          errorAnswer({
            statusCode: 503,
            code: "sign_in_unavailable",
            message: "Sign-in is not available at the moment. The log of the " +
              "function says why. Until then, use a read key.",
          }),
          signedIn.reason,
        );
      case "database_failed":
        return refusal(
          "role_unknown",
          databaseFailureAnswer(signedIn.failure),
          signedIn.failure.message,
        );
    }
  }

  return async (headers) => {
    const apiKey = headers.get("X-API-Key");
    if (apiKey !== null) return byKey(apiKey);

    const projectKey = headers.get("apikey");
    if (projectKey !== null && isSecretKey(projectKey)) return { kind: "key" };

    const bearer = bearerToken(headers);
    if (bearer === undefined) {
      return refusal("no_credentials", unauthorized(CREDENTIALS));
    }
    return isReadersKey(bearer) || !isToken(bearer)
      ? byKey(bearer)
      : await byToken(bearer);
  };
}

function refusal(reason: string, answer: Response, detail?: string): Refusal {
  return { kind: "refused", reason, answer, detail };
}
