import type { MiddlewareHandler } from "hono";
import type {
  EnvironmentOf,
  jobKeyVariables,
  secretKeyVariables,
} from "../environment.ts";
import { createKeyRing } from "./key-ring.ts";
import { notConfigured, unauthorized } from "./refusals.ts";

/**
 * Lets a request through only with a job key or a secret key of the project.
 * See `createKeyRing()` for where a key counts.
 *
 * @returns middleware that answers 401 without a valid key. While the server
 *   has no job key, it answers 503 to everyone without a secret key.
 */
export function requireJobKey(
  environment: EnvironmentOf<
    typeof jobKeyVariables & typeof secretKeyVariables
  >,
): MiddlewareHandler {
  const keys = createKeyRing(environment);

  return async (context, next) => {
    const { kind } = keys.credentialOf(context.req.raw.headers);
    if (kind !== "key") {
      if (!keys.hasJobKey) throw notConfigured("job key", "JOBS_API_KEY");
      throw unauthorized(
        "A valid job key is required, in the header X-API-Key or as " +
          "Authorization: Bearer; or a secret key of the project, in " +
          "apikey or as Authorization: Bearer.",
        { reason: kind === "nothing" ? "no_key" : "wrong_key" },
      );
    }
    await next();
  };
}
