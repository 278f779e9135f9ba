import type { MiddlewareHandler } from "hono";
import type {
  EnvironmentOf,
  jobKeyVariables,
  secretKeyVariables,
} from "../environment.ts";
import {
  bearerToken,
  createKeyCheck,
  presentedKey,
  secretKeysOf,
} from "./api-keys.ts";
import { notConfigured, unauthorized } from "./refusals.ts";

/**
 * Lets a request through only with a job key, in `X-API-Key` or as a bearer
 * token, or with a secret key of the project, in `apikey` or as a bearer token.
 * With an `X-API-Key` no other credential is looked at.
 *
 * @returns middleware that answers 401 without a valid key. While the server
 *   has no job key, it answers 503 to everyone without a secret key.
 */
export function requireJobKey(
  environment: EnvironmentOf<
    typeof jobKeyVariables & typeof secretKeyVariables
  >,
): MiddlewareHandler {
  const jobKeys = [
    ...environment.JOBS_API_KEY,
    ...environment.SUPABASE_FUNCTION_KEY,
  ];
  const isJobKey = createKeyCheck(jobKeys);
  const isSecretKey = createKeyCheck(secretKeysOf(environment));

  function hasSecretKey(headers: Headers): boolean {
    if (headers.has("X-API-Key")) return false;
    return [headers.get("apikey"), bearerToken(headers)]
      .some((key) => key && isSecretKey(key));
  }

  return async (context, next) => {
    const { headers } = context.req.raw;
    if (!hasSecretKey(headers)) {
      if (jobKeys.length === 0) throw notConfigured("job key", "JOBS_API_KEY");
      const key = presentedKey(headers);
      if (key === undefined || !isJobKey(key)) {
        throw unauthorized(
          "A valid job key is required, in the header X-API-Key or as " +
            "Authorization: Bearer; or a secret key of the project, in " +
            "apikey or as Authorization: Bearer.",
          { reason: key === undefined ? "no_key" : "wrong_key" },
        );
      }
    }
    await next();
  };
}
