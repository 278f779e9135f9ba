import type { Json } from "../database.types.ts";
import { storable } from "../storable.ts";

type JsonObject = { [key: string]: Json | undefined };

/**
 * Converts the facts that a job gives about its run for `jsonb`.
 *
 * @returns the facts as JSON holds them: dates are texts, undefined members are
 *   left out, and texts, keys included, are such that Postgres stores them.
 * @throws {TypeError} for values that JSON cannot hold, such as a bigint.
 */
export function storableJson(facts: object): JsonObject {
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
