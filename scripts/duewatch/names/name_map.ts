import { z } from "zod";
import { DuewatchError } from "../errors.ts";
import type { Domain } from "./domain.ts";
import { identifier } from "./tokens.ts";

/** The other names that a project has for a table of the domain. */
export interface TableNames {
  readonly schema: string;
  readonly table: string;
  /** By our name of the column. */
  readonly columns: ReadonlyMap<string, string>;
  /** By our name of the column, and by our word for the value. */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** What a project calls the tables of the domain, by our name of the table. */
export type NameMap = ReadonlyMap<string, TableNames>;

/** As `supabase/duewatch.json` keeps it: our name, and the project's. */
export const mapEntries = z.record(z.string(), z.string());
export type MapEntries = z.infer<typeof mapEntries>;

/** @returns what a table is called where nothing else is said. */
export function namesOf(map: NameMap, table: string): TableNames {
  return map.get(table) ??
    { schema: "public", table, columns: new Map(), values: new Map() };
}

/** @returns the project's name of a column. */
export function columnName(
  map: NameMap,
  table: string,
  column: string,
): string {
  return map.get(table)?.columns.get(column) ?? column;
}

/** @returns the project's word for a value. */
export function valueName(
  map: NameMap,
  table: string,
  column: string,
  value: string,
): string {
  return map.get(table)?.values.get(column)?.get(value) ?? value;
}

/** @returns the project's table, as SQL reads it. */
export function tableSql(map: NameMap, table: string): string {
  const { schema, table: name } = namesOf(map, table);
  return `${identifier(schema)}.${identifier(name)}`;
}

/**
 * Reads `--map installments=billing.fee_schedule`, as it is typed.
 *
 * @throws DuewatchError when it is not our name, an equals sign, and a name.
 */
export function readMapOption(text: string): [string, string] {
  const at = text.indexOf("=");
  const [ours, theirs] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at < 1 || ours === "" || theirs === "") {
    throw new DuewatchError(
      `--map ${text} is not understood. Write our name, an equals sign and ` +
        "yours: --map installments=billing.fee_schedule",
    );
  }
  return [ours, theirs];
}

/**
 * Understands the entries of a map: `table`, `table.column` and
 * `table.column.value` on our side.
 *
 * @throws DuewatchError naming the first entry that says nothing we know.
 */
export function readNameMap(entries: MapEntries, domain: Domain): NameMap {
  const map = new Map<string, {
    schema: string;
    table: string;
    columns: Map<string, string>;
    values: Map<string, Map<string, string>>;
  }>();
  for (const [ours, theirs] of Object.entries(entries)) {
    const [table, column, value, ...rest] = ours.split(".");
    const columns = domain.tables.get(table);
    if (columns === undefined || rest.length > 0) {
      throw unknown(ours, `The tables are ${listed(domain.tables.keys())}.`);
    }
    const names = map.get(table) ?? {
      schema: "public",
      table,
      columns: new Map<string, string>(),
      values: new Map<string, Map<string, string>>(),
    };
    map.set(table, names);
    if (column === undefined) {
      const parts = splitName(theirs);
      if (parts === null) {
        throw new DuewatchError(
          `--map ${ours}=${theirs}: a table is called schema.table, or table. ` +
            'A name with a dot or capital letters needs quotes: "Billing"."Fees"',
        );
      }
      [names.schema, names.table] = parts;
    } else if (!columns.has(column)) {
      throw unknown(
        ours,
        `The columns of ${table} are ${listed(columns.keys())}.`,
      );
    } else if (value === undefined) {
      names.columns.set(column, unquoted(theirs));
    } else {
      const known = domain.values.get(`${table}.${column}`) ?? new Set();
      if (!known.has(value)) {
        throw unknown(
          ours,
          `The values that Duewatch uses are ${listed(known)}.`,
        );
      }
      const values = names.values.get(column) ?? new Map<string, string>();
      names.values.set(column, values.set(value, theirs));
    }
  }
  return map;
}

function unknown(ours: string, hint: string): DuewatchError {
  return new DuewatchError(`--map ${ours}: Duewatch has no such name. ${hint}`);
}

function listed(names: Iterable<string>): string {
  return [...names].join(", ") || "none";
}

const PART = /^\s*(?:"((?:[^"]|"")+)"|([^".]+))\s*$/;

/** Names are taken as they are written; quotes only keep a dot inside. */
function unquoted(text: string): string {
  const [, quoted, plain] = PART.exec(text) ?? [];
  return quoted?.replaceAll('""', '"') ?? plain?.trim() ?? text;
}

function splitName(text: string): [string, string] | null {
  const parts = text.match(/(?:"(?:[^"]|"")+"|[^".]+)/g) ?? [];
  const names = parts.map(unquoted);
  if (parts.join(".") !== text || names.length > 2) return null;
  return names.length === 1 ? ["public", names[0]] : [names[0], names[1]];
}
