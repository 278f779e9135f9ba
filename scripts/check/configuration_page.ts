import { join } from "node:path";
import { readConfig } from "../stack/config.ts";
import { codeIn, type TableRow, tablesUnder } from "./markdown_tables.ts";

/** Root of the checkout. */
export const { repoDir } = readConfig({});

/** The text of docs/reference/configuration.md. */
export const page = await Deno.readTextFile(
  join(repoDir, "docs/reference/configuration.md"),
);

/** The headings of the page beneath which variables of functions are. */
export const SECTIONS = {
  keys: "Keys and limits",
  platform: "Set by the platform",
  channels: "Alert channels",
  messages: "Links and times in alerts",
  digest: "Weekly digest",
} as const;

/** The rows of a table beneath a heading, by what their first cell names. */
export function rowsUnder(heading: string): Map<string, TableRow> {
  const [rows] = tablesUnder(page, heading);
  return new Map(
    rows.map((row) => [codeIn(Object.values(row)[0])[0] ?? "", row]),
  );
}

/** The variables of functions that the page lists. */
export const functionRows: ReadonlyMap<string, TableRow> = new Map(
  Object.values(SECTIONS).flatMap((heading) => [...rowsUnder(heading)]),
);

/** The variables of the alert listener alone that the page lists. */
export const listenerRows: ReadonlyMap<string, TableRow> = rowsUnder(
  "Alert listener",
);

/** @returns the entries of a record, by name. */
export function sorted<Value>(
  record: Readonly<Record<string, Value>>,
): [string, Value][] {
  return Object.entries(record).sort(([a], [b]) => a < b ? -1 : 1);
}
