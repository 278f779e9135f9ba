import { errorAnswer } from "../http/errors.ts";
import type { RpcFailure } from "./failure.ts";

/**
 * Answers a request that the database did not answer. The caller is authorised,
 * so the reason may be given.
 *
 * @returns 503 `database_unavailable` when the failure is transient, 500
 *   `database_error` when it has to be fixed.
 */
export function databaseFailureAnswer(
  { kind, code, message }: RpcFailure,
): Response {
  return kind === "transient"
    ? errorAnswer({
      statusCode: 503,
      code: "database_unavailable",
      message: `The database does not answer: ${message} (${code}).`,
    })
    : errorAnswer({
      statusCode: 500,
      code: "database_error",
      message: `The database refused the question: ${message} (${code}).`,
    });
}
