import { z } from "zod";

/**
 * Reads what the database answers, with keys in snake_case, into a schema whose
 * keys are in camelCase. Only objects that the schema describes are converted:
 * records and unknown values are data and keep their spelling.
 *
 * @param names of keys that have another name here. The database speaks of
 *   items of any job, and an answer names what they are in this project.
 */
export function row<Schema extends z.ZodType>(
  schema: Schema,
  names: Names = {},
) {
  return z.preprocess((value) => camelCaseKeys(value, schema, names), schema);
}

type Names = Readonly<Record<string, string>>;

function camelCaseKeys(value: unknown, schema: unknown, names: Names): unknown {
  if (schema instanceof z.ZodNullable) {
    return camelCaseKeys(value, schema.unwrap(), names);
  }
  if (schema instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((each) => camelCaseKeys(each, schema.element, names));
  }
  if (
    !(schema instanceof z.ZodObject) || typeof value !== "object" ||
    value === null
  ) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      const name = names[key] ?? camelCase(key);
      return [name, camelCaseKeys(field, schema.shape[name], names)];
    }),
  );
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}
