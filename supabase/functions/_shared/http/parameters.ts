import { z } from "zod";
import { isStorable } from "../storable.ts";

/** A whole number in a query, in digits. */
export function wholeNumber(low: number, high: number) {
  const problem = `must be a whole number from ${low} to ${high}`;
  return z.preprocess(
    // Number() alone would take "", "1e2" and " 7 ".
    (text) =>
      typeof text === "string" && /^-?\d{1,9}$/.test(text)
        ? Number(text)
        : text,
    z.int(problem).min(low, problem).max(high, problem),
  );
}

/**
 * An instant in a query: ISO 8601 with an offset. Read as UTC to the
 * microsecond, all of one length, so that the texts sort as the instants do.
 */
export const instant = z.iso
  .datetime({
    offset: true,
    error: "must be an instant such as 2026-03-01T00:00:00Z; " +
      "the + of an offset is written %2B in a query",
  })
  .transform(toUtc)
  .refine(
    (utc) => /^(?!0000)\d{4}-/.test(utc),
    "must be in the years 1 to 9999",
  );

/** Why a text is refused that Postgres cannot store. */
export const UNSTORABLE =
  "must not hold a NUL character or half of a surrogate pair";

/** A text that Postgres can store. */
export const storableText = z.string().refine(isStorable, UNSTORABLE);

/** The name of a job in a query; jobs have any name that Postgres can store. */
export const jobName = storableText.min(1, "must not be empty");

function toUtc(instant: string): string {
  const fraction = /\.(\d+)/.exec(instant)?.[1] ?? "";
  const microseconds = fraction.slice(0, 6).padEnd(6, "0");
  return new Date(instant.replace(/\.\d+/, ""))
    .toISOString()
    .replace(/\.000Z$/, `.${microseconds}Z`);
}
