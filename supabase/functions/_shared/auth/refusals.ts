import { RequestError } from "../http/errors.ts";

/** Why a caller is refused, for the log. */
export interface RefusalReason {
  /** In snake_case. */
  readonly reason: string;
  readonly detail?: string;
}

/**
 * Refuses a caller without valid credentials.
 *
 * @param message says what is needed, without repeating the credentials.
 * @param problem is the error code for client libraries (RFC 6750, 3.1).
 */
export function unauthorized(
  message: string,
  why: RefusalReason,
  problem?: "invalid_token",
): RequestError {
  return new RequestError(401, "unauthorized", message, {
    headers: { "WWW-Authenticate": challenge(problem) },
    logged: { event: "request_refused", ...why },
  });
}

/** Refuses a caller who is known but not allowed. */
export function forbidden(message: string, why: RefusalReason): RequestError {
  return new RequestError(403, "forbidden", message, {
    headers: { "WWW-Authenticate": challenge("insufficient_scope") },
    logged: { event: "request_refused", ...why },
  });
}

/**
 * Refuses every key while the server has none: access is never open by
 * default.
 *
 * @param keys what the server lacks, such as `job key`.
 * @param variable where the operator sets it.
 */
export function notConfigured(keys: string, variable: string): RequestError {
  return new RequestError(
    503,
    "not_configured",
    `No ${keys} is configured on the server, so every key is refused. ` +
      "Choose a long random key and set it with: " +
      `supabase secrets set ${variable}=<key>`,
    { logged: { event: "not_configured", variable } },
  );
}

function challenge(problem?: string): string {
  const realm = 'Bearer realm="jobs"';
  return problem === undefined ? realm : `${realm}, error="${problem}"`;
}
