import type { Sources } from "../../schemas/sources.ts";
import { type Token, tokensOf, valueOf } from "./tokens.ts";
import { findShown, findValues } from "./values.ts";

/** What Duewatch expects of a project's own tables, read from the SQL. */
export interface Domain {
  /** The tables, each with the columns that Duewatch gives it and their types. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Columns that have to be there, as `table.column`. */
  readonly required: ReadonlySet<string>;
  /** Columns that are added where they are missing, as `table.column`. */
  readonly added: ReadonlySet<string>;
  /** Columns that are read at all outside the tables' own files. */
  readonly used: ReadonlySet<string>;
  /** The table whose word a view of ours shows, by `schema.view.column`. */
  readonly shown: ReadonlyMap<string, string>;
  /** The words that statements use, by `table.column`. */
  readonly values: ReadonlyMap<string, ReadonlySet<string>>;
  /** Those that the column itself has to know, by `table.column`. */
  readonly needed: ReadonlyMap<string, ReadonlySet<string>>;
}

// The table of an adopter is created only where it is missing.
const BROUGHT = /if to_regclass\('public\.(\w+)'\) is null then/;
const COLUMN = /^ {6}(\w+) (?!.*\bcheck\b)([a-z]\w*(?:\[\])?)/gm;
const ADDED = /\badd column if not exists (\w+) (\w+(?:\[\])?)/g;
const ADDS = /\badd column if not exists /;
const ALTERED = /^alter table public\.(\w+)/m;
const NEEDED = /'public\.(\w+)\.(\w+)'/g;
const REQUIRED_FILE = /(?:^|\/)required_columns\.sql$/;

// The kit names nothing of the domain: scripts/schemas/kit.test.ts.
const KIT = /^(?:jobs|alerts|health|metrics)\/|^manifest\.sql$/;

/** Whether a file of `supabase/schemas` holds functions or views of the domain. */
export function isOfDomain(path: string, text: string): boolean {
  return !KIT.test(path) && !BROUGHT.test(text);
}

/** Reads what Duewatch expects of the tables that a project brings. */
export function readDomain({ texts }: Sources): Domain {
  const tables = new Map<string, Map<string, string>>();
  const required = new Set<string>();
  const added = new Set<string>();
  const outside: string[] = [];
  for (const [path, text] of texts) {
    const brought = BROUGHT.exec(text)?.[1];
    const altered = ALTERED.exec(text)?.[1];
    if (brought !== undefined) {
      const body = text.slice(text.indexOf("create table"));
      const columns = [...body.slice(0, body.indexOf(");")).matchAll(COLUMN)]
        .filter(([, name]) => name !== "constraint")
        .map(([, name, type]) => [name, type] as const);
      tables.set(brought, new Map(columns));
    } else if (REQUIRED_FILE.test(path)) {
      for (const [, table, column] of text.matchAll(NEEDED)) {
        required.add(`${table}.${column}`);
      }
    } else if (altered !== undefined && ADDS.test(text)) {
      for (const [, column, type] of text.matchAll(ADDED)) {
        added.add(`${altered}.${column}`);
        tables.get(altered)?.set(column, type);
      }
    } else {
      outside.push(text);
    }
  }
  const words = namesIn(
    outside.filter((text) =>
      [...tables.keys()].some((table) => text.includes(`public.${table}`))
    ),
  );
  const used = new Set(
    [...tables].flatMap(([table, columns]) =>
      [...columns.keys()].filter((column) => words.has(column))
        .map((column) => `${table}.${column}`)
        // Each table that is read by its key requires it; the others read its name.
        .filter((key) => !key.endsWith(".id") || required.has(key))
    ),
  );
  const shown = new Map<string, string>();
  for (const text of texts.values()) {
    for (const [name, table] of findShown(text, { tables, shown })) {
      shown.set(name, table);
    }
  }
  const values = new Map<string, Set<string>>();
  const needed = new Map<string, Set<string>>();
  for (const [path, text] of texts) {
    for (
      const found of findValues(text, { tables, shown }, isOfDomain(path, text))
    ) {
      const key = `${found.table}.${found.column}`;
      for (const words of found.isCast ? [values] : [values, needed]) {
        words.set(key, (words.get(key) ?? new Set()).add(found.value));
      }
    }
  }
  return { tables, required, added, used, shown, values, needed };
}

/** What stands after a dot, as a column does, and what is the whole of a string. */
function namesIn(texts: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const text of texts) {
    for (const [at, token, tokens] of entriesOf(tokensOf(text))) {
      if (token.kind === "string") names.add(valueOf(token));
      else if (tokens[at - 1]?.text === ".") names.add(token.text);
    }
  }
  return names;
}

function entriesOf(tokens: readonly Token[]) {
  return tokens.map((token, at) => [at, token, tokens] as const);
}
