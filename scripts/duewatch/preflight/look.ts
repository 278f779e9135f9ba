import type { SchemaObject } from "../../schemas/manifest.ts";
import type { Domain } from "../names/domain.ts";
import {
  columnName,
  type NameMap,
  namesOf,
  valueName,
} from "../names/name_map.ts";
import { literal } from "../names/tokens.ts";
import type { ProjectDatabase } from "./database.ts";
import { type Facts, serverFacts, tableFacts, wordFacts } from "./facts.ts";

/** What is known of a project's own tables. */
export type DomainFacts = Pick<Facts, "tables" | "refused">;

/** What a database is asked about. */
export interface Question {
  readonly map: NameMap;
  readonly domain: Domain;
  /** What the migration creates. */
  readonly objects: readonly SchemaObject[];
  /** The roles that it creates. */
  readonly roles: readonly string[];
  /** The pg_cron entries that it schedules. */
  readonly entries: readonly string[];
  /** The zone for agencies that have none. */
  readonly zone: string | null;
}

/** Looks at a database. Nothing is changed, and no row of a table is locked. */
export async function lookAt(
  database: ProjectDatabase,
  question: Question,
): Promise<Facts> {
  const [tables, words, server] = await ask(database, question, [
    "tables.sql",
    "words.sql",
    "server.sql",
  ]);
  return {
    ...tableFacts.parse(tables),
    ...wordFacts.parse(words),
    ...serverFacts.parse(server),
  };
}

/** Looks at a project's own tables alone. */
export async function lookAtTables(
  database: ProjectDatabase,
  { map, domain }: Pick<Question, "map" | "domain">,
): Promise<DomainFacts> {
  const [tables, words] = await ask(
    database,
    { map, domain, objects: [], roles: [], entries: [], zone: null },
    ["tables.sql", "words.sql"],
  );
  return { ...tableFacts.parse(tables), ...wordFacts.parse(words) };
}

async function ask(
  database: ProjectDatabase,
  question: Question,
  files: readonly string[],
): Promise<unknown[]> {
  const asked = JSON.stringify(toJson(question));
  return await Promise.all(files.map(async (file) => {
    const text = await Deno.readTextFile(new URL(file, import.meta.url));
    const statement = text.replace(
      "'{}'::jsonb -- asked",
      () => `${literal(asked)}::jsonb`,
    );
    return await database.read(statement);
  }));
}

function toJson(
  { map, domain, objects, roles, entries, zone }: Question,
) {
  const tables = [...domain.tables].map(([table, columns]) => {
    const { schema, table: name } = namesOf(map, table);
    return [table, {
      schema,
      table: name,
      columns: Object.fromEntries(
        [...columns.keys()].map((
          column,
        ) => [column, columnName(map, table, column)]),
      ),
    }];
  });
  const words = [...domain.needed].flatMap(([key, values]) => {
    const [table, column] = key.split(".");
    return [...values].map((value) => ({
      table,
      column,
      word: valueName(map, table, column, value),
    }));
  });
  return {
    tables: Object.fromEntries(tables),
    words,
    entries,
    zone,
    objects: [
      ...objects.filter(({ kind, name }) =>
        /^(table|view|index|function|type)$/.test(kind) &&
        name.startsWith("public.")
      ).map(({ kind, name }) => ({ kind, name })),
      ...roles.map((name) => ({ kind: "role", name })),
    ],
  };
}
