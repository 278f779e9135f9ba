import type { MiddlewareHandler } from "hono";
import { createKeyCheck, presentedKey } from "./api-keys.ts";
import { notConfigured, unauthorized } from "./refusals.ts";

/**
 * Lets a request through only with a job key.
 *
 * @returns middleware that answers 401 without a valid key, and 503 to
 *   everyone while the server has no key.
 */
export function requireJobKey(keys: readonly string[]): MiddlewareHandler {
  const isAccepted = createKeyCheck(keys);

  return async (context, next) => {
    if (keys.length === 0) throw notConfigured("job key", "JOBS_API_KEY");

    const key = presentedKey(context.req.raw.headers);
    if (key === undefined || !isAccepted(key)) {
      throw unauthorized(
        "A valid job key is required, in the header X-API-Key or as " +
          "Authorization: Bearer.",
        { reason: key === undefined ? "no_key" : "wrong_key" },
      );
    }
    await next();
  };
}
