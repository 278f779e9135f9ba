import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { z } from "zod";
import { explainIssues } from "../explain-issues.ts";
import { errorAnswer, RequestError } from "./errors.ts";

/** The largest body that a request may have, in bytes. */
export const MAX_BODY_BYTES = 16 * 1024;

/** @returns middleware that answers 413 to a larger body. */
export function limitBody(): MiddlewareHandler {
  return bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () =>
      errorAnswer({
        statusCode: 413,
        code: "body_too_large",
        message: `The body may have at most ${MAX_BODY_BYTES} bytes.`,
      }),
  });
}

/**
 * Reads the body of a request as JSON; an empty one as an empty object.
 *
 * @throws {RequestError} 400 when it is not JSON, or not as the schema says.
 */
export async function readBody<Schema extends z.ZodType>(
  schema: Schema,
  request: Context["req"],
): Promise<z.output<Schema>> {
  const body = parseJson((await request.text()).trim() || "{}");
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    throw new RequestError(
      400,
      "invalid_body",
      `The body is not as expected: ${explainIssues(parsed.error)}`,
    );
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RequestError(
      400,
      "invalid_json",
      `The body is not JSON: ${reason}`,
    );
  }
}
