import { stringsAfter } from "./compared.ts";
import { type Token, tokensOf, valueOf } from "./tokens.ts";

/** A word for a value, where a statement compares or sets a column. */
export interface ValueInSql {
  readonly table: string;
  readonly column: string;
  readonly value: string;
  /** Whether the column is read as text, so that its type need not know the word. */
  readonly isCast: boolean;
  readonly token: Token;
}

/** The columns whose values are words that a project may have others for. */
export const WORD_COLUMNS: readonly string[] = ["status", "role"];

/**
 * What arguments, variables, keys and columns of statements are called that
 * carry such a word from one function of the domain to another.
 */
const CARRIERS: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["status", ["installments", "status"]],
  ["plan_status", ["payment_plans", "status"]],
  ["'status'", ["installments", "status"]],
  ["'planStatus'", ["payment_plans", "status"]],
  // Of a change, as the functions that make it and the ledger have it.
  ["from_status", ["installments", "status"]],
  ["to_status", ["installments", "status"]],
]);
const OF_A_CHANGE = /^(from|to)_status$/;

/** The tables that a project brings, and views of ours that show their words. */
export interface WordTables {
  readonly tables: ReadonlyMap<string, unknown>;
  /** The table whose word a view shows, by `schema.view.column`. */
  readonly shown: ReadonlyMap<string, string>;
}

/**
 * Finds the words of the domain in a file: the strings that are compared with,
 * or assigned to, a column of a table that a project brings. A word elsewhere,
 * such as the verdict `overdue` of an explanation, is none of them.
 *
 * @param isDomain whether the file is one of the domain, whose arguments and
 *   variables carry such words, too.
 */
export function findValues(
  sql: string,
  known: WordTables,
  isDomain = false,
): ValueInSql[] {
  const tokens = tokensOf(sql);
  const aliases = aliasesOf(tokens, known);
  const found: ValueInSql[] = [];
  for (const [at, token] of tokens.entries()) {
    const carried = isDomain && isCarrier(tokens, at, aliases)
      ? CARRIERS.get(token.text)
      : undefined;
    const isColumn = token.kind === "word" && WORD_COLUMNS.includes(token.text);
    const table =
      (isColumn ? tableOf(tokens, at, aliases, known) : undefined) ??
        carried?.[0];
    if (table === undefined) continue;
    const isOwn = isColumn && table !== carried?.[0];
    for (const string of stringsAfter(tokens, at + 1)) {
      found.push({
        table,
        column: carried?.[1] ?? token.text,
        value: valueOf(string),
        isCast: tokens[at + 1]?.text === "::" ||
          (!isOwn && tableOf(tokens, at, aliases, known) === undefined),
        token: string,
      });
    }
  }
  return found;
}

/** Whether what stands here is no column of a relation with a schema. */
function isCarrier(
  tokens: readonly Token[],
  at: number,
  aliases: Aliases,
): boolean {
  const before = tokens[at - 1]?.text;
  if (OF_A_CHANGE.test(tokens[at].text)) return true;
  if (tokens[at].kind === "string") return before === ">>" || before === "->>";
  if (before !== ".") return true;
  const relations = [...aliases.get(tokens[at - 2].text) ?? []];
  return relations.every((relation) => !relation.includes("."));
}

/**
 * Finds the columns that a view of ours shows as they are, so that what reads
 * the view compares them with the project's words, too.
 *
 * @returns the table by `schema.view.column`.
 */
export function findShown(sql: string, known: WordTables): Map<string, string> {
  const shown = new Map<string, string>();
  const name = /\bcreate view (\w+\.\w+)/.exec(sql)?.[1];
  if (name === undefined) return shown;
  const tokens = tokensOf(sql);
  const aliases = aliasesOf(tokens, known);
  for (const [at, token] of tokens.entries()) {
    if (!WORD_COLUMNS.includes(token.text)) continue;
    const table = tableOf(tokens, at, aliases, known);
    const isItem = /^(,|from)$/.test(tokens[at + 1]?.text ?? "");
    if (table !== undefined && isItem) {
      shown.set(`${name}.${token.text}`, table);
    }
  }
  return shown;
}

/** Relations by their alias; several where an alias is used for several. */
type Aliases = ReadonlyMap<string, ReadonlySet<string>>;

/** The table that the column at a place belongs to. */
function tableOf(
  tokens: readonly Token[],
  at: number,
  aliases: Aliases,
  known: WordTables,
): string | undefined {
  if (tokens[at - 1]?.text !== ".") return statementTable(tokens, at, known);
  const relations = [...aliases.get(tokens[at - 2].text) ?? []];
  const tables = new Set(relations.map((relation) => {
    const table = relation.replace(/^public\./, "");
    return known.tables.has(table)
      ? table
      : known.shown.get(`${relation}.${tokens[at].text}`);
  }));
  return tables.size === 1 ? [...tables][0] : undefined;
}

/** Which relations the aliases of a file stand for. */
function aliasesOf(
  tokens: readonly Token[],
  { tables }: WordTables,
): Aliases {
  const aliases = new Map<string, Set<string>>();
  for (const [at, token] of tokens.entries()) {
    const [schema, dot, name, ...rest] = tokens.slice(at + 1, at + 6);
    if (
      schema?.text === "on" && token.kind === "word" && isTrigger(tokens, at)
    ) {
      const relation = tokens.slice(at + 2, at + 5).map(({ text }) => text);
      aliases.set("new", new Set([relation.join("")]));
      aliases.set("old", new Set([relation.join("")]));
    }
    // A variable for a row: `run public.jobs_log;`.
    if (dot?.text === "." && /^(;|:)$/.test(rest[0]?.text ?? "")) {
      aliases.set(token.text, new Set([`${schema.text}.${name.text}`]));
    }
    if (!/^(from|join|update)$/.test(token.text)) continue;
    if (schema?.kind !== "word") continue;
    // What has no schema is a part of the statement.
    const isQualified = dot?.text === "." && name?.kind === "word";
    const relation = isQualified ? `${schema.text}.${name.text}` : schema.text;
    const next = isQualified ? rest : [dot, name];
    const alias = next[0]?.text === "as"
      ? next[1]?.text
      : isQualified && tables.has(name.text)
      ? name.text
      : relation;
    if (alias === undefined) continue;
    aliases.set(alias, (aliases.get(alias) ?? new Set()).add(relation));
  }
  return aliases;
}

/** Whether `create trigger …` stands before this place, in the same statement. */
function isTrigger(tokens: readonly Token[], at: number): boolean {
  for (let place = at; place > 0 && tokens[place].text !== ";"; place--) {
    if (tokens[place].text !== "trigger") continue;
    return /^(create|constraint|replace)$/.test(tokens[place - 1].text);
  }
  return false;
}

/** The table that an update or an index is about, for a bare column. */
function statementTable(
  tokens: readonly Token[],
  at: number,
  { tables }: WordTables,
): string | undefined {
  for (let place = at - 1; place >= 3; place--) {
    if (tokens[place].text === ";") return undefined;
    const [verb, schema, dot] = tokens.slice(place - 3, place);
    const isTarget = /^(update|on)$/.test(verb.text) &&
      schema.text === "public" && dot.text === ".";
    if (isTarget && tables.has(tokens[place].text)) return tokens[place].text;
  }
  return undefined;
}
