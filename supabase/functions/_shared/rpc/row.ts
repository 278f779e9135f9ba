import { z } from "zod";

/**
 * Reads what the database answers, with keys in snake_case, into a schema whose
 * keys are in camelCase. Only objects that the schema describes are converted:
 * records and unknown values are data and keep their spelling.
 */
export function row<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => camelCaseKeys(value, schema), schema);
}

function camelCaseKeys(value: unknown, schema: unknown): unknown {
  if (schema instanceof z.ZodNullable) {
    return camelCaseKeys(value, schema.unwrap());
  }
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((each) => camelCaseKeys(each, schema.element));
  }
  if (
    !(schema instanceof z.ZodObject) || typeof value !== "object" ||
    value === null
  ) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      const name = camelCase(key);
      return [name, camelCaseKeys(field, schema.shape[name])];
    }),
  );
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}
