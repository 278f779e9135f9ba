import type { Domain } from "./domain.ts";
import { columnName, type NameMap, namesOf } from "./name_map.ts";
import { at, type Replacement } from "./replacement.ts";
import {
  identifier,
  literal,
  type Token,
  tokensOf,
  valueOf,
  withReplacements,
} from "./tokens.ts";

/** The columns that a file adds to a mapped table where they are missing. */
export function* addedColumns(
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
  /^ *create (?:constraint )?trigger \w+[\s\S]*? on public\.(\w+)/gm;

/** What triggers read of their rows and their table, in the file of both. */
export function* rowColumns(
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
