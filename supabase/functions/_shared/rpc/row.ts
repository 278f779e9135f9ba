import { z } from "zod";

/**
 * Reads a row of the database, whose keys are in snake_case, into a schema
 * whose keys are in camelCase. What lies deeper is data and keeps its spelling.
 */
export function row<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>) {
  return z.preprocess(withCamelCaseKeys, schema);
}

function withCamelCaseKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [camelCase(key), field]),
  );
}

// The same few names come with each of thousands of rows.
const camelCaseNames = new Map<string, string>();

function camelCase(name: string): string {
  const known = camelCaseNames.get(name);
  if (known !== undefined) return known;

  const converted = name.replace(
    /_([a-z0-9])/g,
    (_, letter) => letter.toUpperCase(),
  );
  camelCaseNames.set(name, converted);
  return converted;
}
