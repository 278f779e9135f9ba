import { Buffer } from "node:buffer";
import { z } from "zod";
import { instant } from "../_shared/http/parameters.ts";
import { jsonText } from "../_shared/json-text.ts";

/** The run at which a page ended. */
export interface Position {
  /** ISO 8601, to the microsecond. */
  readonly startedAt: string;
  readonly id: string;
}

const position = z.string()
  .transform((text) => Buffer.from(text, "base64url").toString())
  .pipe(jsonText("is not JSON"))
  .pipe(z.tuple([instant, z.guid()]));

/** @returns an opaque text for queries. */
export function writeCursor({ startedAt, id }: Position): string {
  return Buffer.from(JSON.stringify([startedAt, id])).toString("base64url");
}

/** A cursor in a query: a text that `writeCursor` has made. */
export const cursor = z.string().transform((text, context): Position => {
  const parsed = position.safeParse(text);
  if (!parsed.success) {
    context.addIssue("must be a meta.nextCursor, unchanged");
    return z.NEVER;
  }
  const [startedAt, id] = parsed.data;
  return { startedAt, id };
});
