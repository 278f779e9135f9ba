import { columnName, type NameMap, namesOf, tableSql } from "./name_map.ts";
import { at, type Replacement } from "./replacement.ts";
import { identifier, literal, type Token, valueOf } from "./tokens.ts";

const NAME_IN_STRING = /^public\.(\w+)(?:\.(\w+)?)?$/;

/** `'public.agencies'` and `'public.agencies.timezone'`, and our indexes. */
export function* strings(
  tokens: readonly Token[],
  map: NameMap,
  sql: string,
): Generator<Replacement> {
  for (const token of tokens) {
    if (token.kind !== "string") continue;
    const value = valueOf(token);
    const [, name, column] = NAME_IN_STRING.exec(value) ?? [];
    if (name === undefined) continue;
    if (map.has(name)) {
      const end = value.slice(
        `public.${name}`.length,
        value.length - (column?.length ?? 0),
      );
      const last = column === undefined
        ? ""
        : identifier(columnName(map, name, column));
      yield at(token, literal(tableSql(map, name) + end + last));
      continue;
    }
    const table = new RegExp(
      `index (?:if not exists )?${name}\\s+on public\\.(\\w+)`,
    ).exec(sql)?.[1];
    if (table === undefined || !map.has(table)) continue;
    const { schema } = namesOf(map, table);
    yield at(token, literal(`${identifier(schema)}.${identifier(name)}`));
  }
}

// A statement that is put together while it runs, for `format()` or not.
const STATEMENT = /^(alter|comment|create|delete|insert|select|update) /;
const TEMPLATE = /%[ILs]/;

/** Statements that a string holds. */
export function* statementsInStrings(
  tokens: readonly Token[],
  map: NameMap,
  render: (sql: string, map: NameMap) => string,
): Generator<Replacement> {
  for (const token of tokens) {
    if (token.kind !== "string") continue;
    const value = valueOf(token);
    if (!STATEMENT.test(value)) continue;
    const rendered = render(
      value,
      TEMPLATE.test(value) ? escaped(map) : map,
    );
    if (rendered !== value) yield at(token, literal(rendered));
  }
}

/** The names as `format()` gives them back: with each percent sign twice. */
function escaped(map: NameMap): NameMap {
  const twice = (name: string) => name.replaceAll("%", "%%");
  return new Map(
    [...map].map(([table, names]) => [table, {
      schema: twice(names.schema),
      table: twice(names.table),
      columns: new Map(
        [...names.columns].map(([ours, theirs]) => [ours, twice(theirs)]),
      ),
      values: new Map(
        [...names.values].map(([column, words]) => [
          column,
          new Map([...words].map(([ours, theirs]) => [ours, twice(theirs)])),
        ]),
      ),
    }]),
  );
}
