import type { Domain } from "./domain.ts";
import { columnName, type NameMap, tableSql } from "./name_map.ts";
import type { Rendering } from "./project_names.ts";
import { VIEWS } from "./render.ts";
import { identifier, literal } from "./tokens.ts";

/** The views with our names, by the path of their file. */
export function viewFiles(
  rendering: Rendering,
  domain: Domain,
): Map<string, string> {
  if (rendering.map.size === 0) return new Map();
  const files = new Map([[`names/${VIEWS}.sql`, SCHEMA]]);
  for (const [table, columns] of viewColumns(rendering, domain)) {
    files.set(`names/${table}.sql`, viewSql(table, columns, rendering.map));
  }
  return files;
}

/** The columns of each view, new ones last, by our name of the table. */
export function viewColumns(
  { map, columns, views = {} }: Rendering,
  domain: Domain,
): Map<string, string[]> {
  return new Map([...map.keys()].map((table) => {
    const present = columns.get(table) ?? new Set();
    const shown = [...domain.tables.get(table)?.keys() ?? []].filter(
      (column) => {
        const key = `${table}.${column}`;
        return domain.required.has(key) || domain.added.has(key) ||
          (domain.used.has(key) &&
            present.has(columnName(map, table, column)));
      },
    );
    return [table, [...new Set([...views[table] ?? [], ...shown])]];
  }));
}

const SCHEMA = `create schema ${VIEWS};

comment on schema ${VIEWS} is
  'The tables of this project under the names that Duewatch uses. Not exposed by the Data API.';

revoke all on schema ${VIEWS}
  from public, anon, authenticated, service_role;
grant usage on schema ${VIEWS}
  to authenticated, service_role;`;

function viewSql(
  table: string,
  columns: readonly string[],
  map: NameMap,
): string {
  const view = `${VIEWS}.${table}`;
  const lines = [
    // Statements find a row again by where it lies.
    "  stored.ctid",
    ...columns.map((column) => {
      const theirs = columnName(map, table, column);
      return `  stored.${identifier(theirs)} as ${identifier(column)}`;
    }),
  ];
  return `create view ${view}
with (security_invoker = true)
as
select
${lines.join(",\n")}
from ${tableSql(map, table)} as stored;

revoke all on table ${view}
  from public, anon, authenticated, service_role;
grant select on table ${view} to authenticated;
grant select, insert, update, delete on table ${view} to service_role;

comment on view ${view} is
  ${
    literal(
      `${tableSql(map, table)} with the names that Duewatch uses. ` +
        "Rights and policies are those of the table, for anyone who reads it.",
    )
  };`;
}
