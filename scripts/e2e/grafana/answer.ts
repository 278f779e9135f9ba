import type { Database } from "../support/database.ts";

/** How Grafana treats a column. */
export type FieldType = "time" | "number" | "string";

/** A column of an answer, as Grafana takes it. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
}

/** The result of a panel's query. */
export interface Answer {
  readonly fields: readonly Field[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

const TYPES: Readonly<Record<number, FieldType>> = {
  20: "number",
  21: "number",
  23: "number",
  25: "string",
  700: "number",
  701: "number",
  1184: "time",
  1700: "number",
  2950: "string",
};

/**
 * Queries the database.
 *
 * @throws when a column is of a type that Grafana does not show as such.
 */
export async function askDatabase(
  reader: Database,
  query: string,
): Promise<Answer> {
  const rows = await reader.unsafe(query);
  const fields = rows.columns.map(({ name, type }) => {
    const known = TYPES[type];
    if (known === undefined) {
      throw new TypeError(`The column ${name} is of the type ${type}.`);
    }
    return { name, type: known };
  });
  return { fields, rows };
}
