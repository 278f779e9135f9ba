import { errorAnswer } from "../http/errors.ts";

/**
 * Refuses a caller whose credentials open nothing.
 *
 * @param message says what is needed, without repeating what came.
 * @param problem is told to the client's library (RFC 6750, section 3.1).
 */
export function unauthorized(
  message: string,
  problem?: "invalid_token",
): Response {
  return errorAnswer(
    { statusCode: 401, code: "unauthorized", message },
    { headers: { "WWW-Authenticate": challenge(problem) } },
  );
}

/** Refuses a caller who is known and may not do this. */
export function forbidden(message: string): Response {
  return errorAnswer(
    { statusCode: 403, code: "forbidden", message },
    { headers: { "WWW-Authenticate": challenge("insufficient_scope") } },
  );
}

/**
 * Refuses every key while the server has none: an open door is never the
 * default.
 *
 * @param keys what the server lacks, such as `job key`.
 * @param variable where the operator sets it.
 */
export function notConfigured(keys: string, variable: string): Response {
  return errorAnswer({
    statusCode: 503,
    code: "not_configured",
    message: `No ${keys} is configured on the server, so every key is ` +
      "refused. Choose a long random key and set it with: " +
      `supabase secrets set ${variable}=<key>`,
  });
}

function challenge(problem?: string): string {
  const realm = 'Bearer realm="jobs"';
  return problem === undefined ? realm : `${realm}, error="${problem}"`;
}
