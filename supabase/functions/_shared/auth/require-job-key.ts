import type { MiddlewareHandler } from "hono";
import { errorAnswer } from "../http/errors.ts";
import type { Logger } from "../logger.ts";
import { createKeyCheck, presentedKey } from "./api-keys.ts";

/**
 * Lets a request through only with a job key.
 *
 * @param keys the accepted job keys.
 * @returns middleware that answers 401 without a valid key, and 503 to
 *   everyone while the server has no key: an open door is never the default.
 */
export function requireJobKey(
  keys: readonly string[],
  log: Logger,
): MiddlewareHandler {
  const isAccepted = createKeyCheck(keys);

  return async (context, next) => {
    if (keys.length === 0) {
      log.error("not_configured", { variable: "JOBS_API_KEY" });
      return errorAnswer({
        statusCode: 503,
        code: "not_configured",
        message: "No job key is configured on the server, so every request " +
          "is refused. Choose a long random key and set it with: " +
          "supabase secrets set JOBS_API_KEY=<key>",
      });
    }

    const key = presentedKey(context.req.raw.headers);
    if (key === undefined || !isAccepted(key)) {
      log.warn("request_refused", {
        reason: key === undefined ? "no_key" : "wrong_key",
      });
      return errorAnswer({
        statusCode: 401,
        code: "unauthorized",
        message: "A valid job key is required, in the header X-API-Key or " +
          "as Authorization: Bearer.",
      }, { headers: { "WWW-Authenticate": 'Bearer realm="jobs"' } });
    }

    await next();
  };
}
