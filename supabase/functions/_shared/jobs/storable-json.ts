import type { Json } from "../database.types.ts";
import { storable } from "../storable.ts";

type JsonObject = { [key: string]: Json | undefined };

/**
 * What a job says of its run, as `jsonb` can hold it.
 *
 * @returns the same after a way through JSON: dates are texts, what is undefined
 *   is left out, and texts, keys included, are such that Postgres stores them.
 * @throws {TypeError} for what JSON cannot hold, such as a bigint or a cycle.
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
