import type { Domain } from "./domain.ts";
import {
  columnName,
  type NameMap,
  namesOf,
  tableSql,
  valueName,
} from "./name_map.ts";
import {
  identifier,
  literal,
  type Token,
  tokensOf,
  valueOf,
  withReplacements,
} from "./tokens.ts";
import { findValues } from "./values.ts";

/** The schema of the views through which our statements see other names. */
export const VIEWS = "duewatch";

interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Writes SQL of ours for a project that has other names. Statements read and
 * write a view in the schema `duewatch`, which has our names for the columns;
 * what belongs to the table itself (an index, a trigger, a foreign key, a new
 * column) names the table. Words for values are replaced where they stand.
 *
 * A file that names no mapped table stays as it is.
 *
 * @param isDomain whether it is a file of the domain: see `findValues`.
 */
export function renderSql(
  sql: string,
  map: NameMap,
  domain: Domain,
  isDomain = false,
): string {
  if (map.size === 0) return sql;
  const tokens = tokensOf(sql);
  const replacements: Replacement[] = [
    ...relations(tokens, map),
    ...strings(tokens, map, sql),
    ...statementsInStrings(tokens, map, domain, isDomain),
    ...addedColumns(tokens, map, sql),
    ...rowColumns(tokens, map, domain, sql),
  ];
  for (
    const { table, column, value, token } of findValues(sql, domain, isDomain)
  ) {
    const theirs = valueName(map, table, column, value);
    if (theirs !== value) replacements.push(at(token, literal(theirs)));
  }
  return withReplacements(sql, replacements);
}

function at({ start, end }: Token, text: string): Replacement {
  return { start, end, text };
}

// What stands before a table's name where the table itself is meant.
const OF_TABLE = /^(table|on|references|column|exists)$/i;

/** `public.installments`, as a view or as the table itself. */
function* relations(
  tokens: readonly Token[],
  map: NameMap,
): Generator<Replacement> {
  for (const [place, token] of tokens.entries()) {
    const [dot, name, ...rest] = tokens.slice(place + 1, place + 6);
    const isMapped = token.text === "public" && dot?.text === "." &&
      name?.kind === "word" && map.has(name.text);
    if (!isMapped) continue;
    const table = name.text;
    const end = name.end;
    if (!OF_TABLE.test(tokens[place - 1]?.text ?? "")) {
      yield {
        start: token.start,
        end,
        text: `${identifier(VIEWS)}.${identifier(table)}`,
      };
      continue;
    }
    yield { start: token.start, end, text: tableSql(map, table) };
    const column = (of: Token) =>
      at(of, identifier(columnName(map, table, of.text)));
    if (rest[0]?.text === "." && rest[1]?.kind === "word") {
      yield column(rest[1]);
    }
    if (rest[0]?.text === "(") yield* columnList(tokens, place + 4, column);
    yield* triggerColumns(tokens, place, column);
    yield* predicate(tokens, place, map, table);
  }
}

/** The columns between parentheses, of an index or of a foreign key. */
function* columnList(
  tokens: readonly Token[],
  from: number,
  column: (of: Token) => Replacement,
): Generator<Replacement> {
  for (let place = from; tokens[place]?.text !== ")"; place++) {
    const isColumn = tokens[place]?.kind === "word" &&
      /^[(,]$/.test(tokens[place - 1].text);
    if (tokens[place] === undefined) return;
    if (isColumn) yield column(tokens[place]);
  }
}

/** `update of timezone on public.agencies`. */
function* triggerColumns(
  tokens: readonly Token[],
  place: number,
  column: (of: Token) => Replacement,
): Generator<Replacement> {
  let before = place - 2;
  const columns: Token[] = [];
  while (tokens[before]?.kind === "word" && tokens[before].text !== "of") {
    columns.push(tokens[before]);
    before -= tokens[before - 1]?.text === "," ? 2 : 1;
  }
  if (tokens[before]?.text !== "of" || tokens[before - 1]?.text !== "update") {
    return;
  }
  for (const token of columns) yield column(token);
}

/** The columns in the condition of a partial index. */
function* predicate(
  tokens: readonly Token[],
  place: number,
  map: NameMap,
  table: string,
): Generator<Replacement> {
  const isIndex = tokens.slice(Math.max(0, place - 6), place)
    .some(({ text }) => text === "index");
  if (!isIndex) return;
  const columns = namesOf(map, table).columns;
  let inCondition = false;
  for (const token of tokens.slice(place)) {
    if (token.text === ";") return;
    const name = columns.get(token.text);
    if (inCondition && token.kind === "word" && name !== undefined) {
      yield at(token, identifier(name));
    }
    inCondition ||= token.text === "where";
  }
}

const NAME_IN_STRING = /^public\.(\w+)(?:\.(\w+)?)?$/;

/** `'public.agencies'` and `'public.agencies.timezone'`, and our indexes. */
function* strings(
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
function* statementsInStrings(
  tokens: readonly Token[],
  map: NameMap,
  domain: Domain,
  isDomain: boolean,
): Generator<Replacement> {
  for (const token of tokens) {
    if (token.kind !== "string") continue;
    const value = valueOf(token);
    if (!STATEMENT.test(value)) continue;
    const rendered = renderSql(
      value,
      TEMPLATE.test(value) ? escaped(map) : map,
      domain,
      isDomain,
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

/** The columns that a file adds to a mapped table where they are missing. */
function* addedColumns(
  tokens: readonly Token[],
  map: NameMap,
  sql: string,
): Generator<Replacement> {
  const table = /^alter table public\.(\w+)/m.exec(sql)?.[1];
  if (table === undefined) return;
  const names = new Map(
    [...sql.matchAll(/\badd column if not exists (\w+)/g)]
      .map(([, column]) => [column, columnName(map, table, column)] as const)
      .filter(([column, name]) => column !== name),
  );
  for (const [place, token] of tokens.entries()) {
    const name = names.get(token.text);
    if (name !== undefined && tokens[place - 1]?.text === "exists") {
      yield at(token, identifier(name));
    }
    if (token.kind !== "string") continue;
    const value = valueOf(token);
    const whole = names.get(value);
    if (whole !== undefined) yield at(token, literal(whole));
    if (!/^check\b/.test(value)) continue;
    const check = tokensOf(value)
      .filter(({ text }) => names.has(text))
      .map((word) => at(word, identifier(names.get(word.text) as string)));
    if (check.length > 0) {
      yield at(token, literal(withReplacements(value, check)));
    }
  }
}

const TRIGGER =
  /^create (?:constraint )?trigger \w+[\s\S]*? on public\.(\w+)/gm;

/** What triggers read of their rows and their table, in the file of both. */
function* rowColumns(
  tokens: readonly Token[],
  map: NameMap,
  domain: Domain,
  sql: string,
): Generator<Replacement> {
  const tables = [...sql.matchAll(TRIGGER)].map(([, table]) => table);
  for (const [place, token] of tokens.entries()) {
    const [row, dot] = tokens.slice(Math.max(0, place - 2), place);
    if (/^(new|old)$/.test(row?.text ?? "") && dot?.text === ".") {
      const table = tables.find((name) =>
        domain.tables.get(name)?.has(token.text)
      );
      const name = map.get(table ?? "")?.columns.get(token.text);
      if (name !== undefined) yield at(token, identifier(name));
    }
    const isTable = row?.text === "tg_table_name" && dot?.text === "=" &&
      token.kind === "string" && map.has(valueOf(token));
    if (isTable) yield at(token, literal(namesOf(map, valueOf(token)).table));
  }
}
