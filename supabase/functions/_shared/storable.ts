import type { Json } from "./database.types.ts";

/**
 * Takes out of a text what Postgres cannot store, a NUL and half of a surrogate
 * pair: a message that it refuses would keep the failure out of the log row.
 */
export function storable(text: string): string {
  return text.replaceAll("\u0000", "").toWellFormed();
}

/** Whether Postgres can store a text as it is. */
export function isStorable(text: string): boolean {
  return storable(text) === text;
}

/**
 * Converts the facts that a job gives about its run for `jsonb`.
 *
 * @returns the facts as JSON holds them: dates are texts, undefined members are
 *   left out, and texts, keys included, are such that Postgres stores them.
 * @throws {TypeError} for values that JSON cannot hold, such as a bigint.
 */
export function storableJson(
  facts: object,
): { [key: string]: Json | undefined } {
  return JSON.parse(JSON.stringify(facts), (_, value) => {
    if (typeof value === "string") return storable(value);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return value;
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, fact]) => [storable(key), fact]),
    );
  });
}
