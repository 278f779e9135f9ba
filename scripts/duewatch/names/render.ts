import type { Domain } from "./domain.ts";
import {
  columnName,
  type NameMap,
  namesOf,
  tableSql,
  valueName,
} from "./name_map.ts";
import { addedColumns, rowColumns } from "./own_columns.ts";
import { at, type Replacement } from "./replacement.ts";
import { statementsInStrings, strings } from "./strings.ts";
import {
  identifier,
  literal,
  type Token,
  tokensOf,
  withReplacements,
} from "./tokens.ts";
import { findValues } from "./values.ts";

/** The schema of the views through which our statements see other names. */
export const VIEWS = "duewatch";

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
    ...statementsInStrings(
      tokens,
      map,
      (text, names) => renderSql(text, names, domain, isDomain),
    ),
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
