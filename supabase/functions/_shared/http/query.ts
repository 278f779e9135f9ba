import type { Context } from "hono";
import type { z } from "zod";
import { explainIssues } from "../explain-issues.ts";
import { RequestError } from "./errors.ts";

/**
 * Reads the query of a request.
 *
 * @param schema of an object of texts, strict, so that a misspelt parameter is
 *   an error and not ignored.
 * @throws {RequestError} 400 for a query that the schema refuses, and for a
 *   parameter that is given twice.
 */
export function readQuery<Schema extends z.ZodType>(
  schema: Schema,
  request: Context["req"],
): z.output<Schema> {
  const { searchParams } = new URL(request.url);
  const twice = [...searchParams.keys()]
    .find((name) => searchParams.getAll(name).length > 1);
  if (twice !== undefined) {
    throw invalidQuery(`${twice}: is given more than once`);
  }

  const parsed = schema.safeParse(Object.fromEntries(searchParams));
  if (!parsed.success) throw invalidQuery(explainIssues(parsed.error));
  return parsed.data;
}

/** @returns the error of a query that cannot be answered, with the reason. */
export function invalidQuery(reason: string): RequestError {
  return new RequestError(
    400,
    "invalid_query",
    `The query is not as expected: ${reason}.`,
  );
}
