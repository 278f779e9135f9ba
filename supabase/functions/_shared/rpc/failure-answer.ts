import { errorAnswer } from "../http/errors.ts";
import type { RpcFailure } from "./failure.ts";

/**
 * Answers for a question that the database did not answer. The caller has been
 * let in, so the reason may be told.
 *
 * @returns 503 `database_unavailable` when it may pass, 500 `database_error`
 *   when somebody has to mend it.
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
