import { errorAnswer } from "../http/errors.ts";

/**
 * Refuses a caller without valid credentials.
 *
 * @param message says what is needed, without repeating the credentials.
 * @param problem is the error code for client libraries (RFC 6750, 3.1).
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

/** Refuses a caller who is known but not allowed. */
export function forbidden(message: string): Response {
  return errorAnswer(
    { statusCode: 403, code: "forbidden", message },
    { headers: { "WWW-Authenticate": challenge("insufficient_scope") } },
  );
}

/**
 * Refuses every key while the server has none: access is never open by
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
