import type { Context } from "hono";
import type { z } from "zod";
import { explainIssues } from "../explain-issues.ts";
import type { ErrorBody } from "./errors.ts";

export type QueryReading<Query> =
  | { readonly ok: true; readonly query: Query }
  | { readonly ok: false; readonly error: ErrorBody };

/**
 * Reads the query of a request.
 *
 * @param schema of an object of texts, strict, so that a misspelt parameter is
 *   an error and not ignored.
 * @returns the parameters, or what is wrong with them (always a 400); so is a
 *   parameter that is given twice.
 */
export function readQuery<Schema extends z.ZodType>(
  schema: Schema,
  request: Context["req"],
): QueryReading<z.output<Schema>> {
  const { searchParams } = new URL(request.url);
  const twice = [...searchParams.keys()]
    .find((name) => searchParams.getAll(name).length > 1);
  if (twice !== undefined) {
    return refusal(`${twice}: is given more than once`);
  }

  const parsed = schema.safeParse(Object.fromEntries(searchParams));
  return parsed.success
    ? { ok: true, query: parsed.data }
    : refusal(explainIssues(parsed.error));
}

function refusal(reason: string) {
  return { ok: false as const, error: invalidQuery(reason) };
}

/** @returns the error of a query that cannot be answered, with the reason. */
export function invalidQuery(reason: string): ErrorBody {
  return {
    statusCode: 400,
    code: "invalid_query",
    message: `The query is not as expected: ${reason}.`,
  };
}
