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

type Tables = ReadonlyMap<string, unknown>;

/**
 * Finds the words of the domain in a file: the strings that are compared with,
 * or assigned to, a column of a table that a project brings. A word elsewhere,
 * such as the verdict `overdue` of an explanation, is none of them.
 */
export function findValues(sql: string, tables: Tables): ValueInSql[] {
  const tokens = tokensOf(sql);
  const aliases = aliasesOf(tokens, tables);
  const found: ValueInSql[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== "word" || !WORD_COLUMNS.includes(token.text)) continue;
    const isQualified = tokens[at - 1]?.text === ".";
    const table = isQualified
      ? aliases.get(tokens[at - 2].text)
      : statementTable(tokens, at, tables);
    if (table === undefined || table === null) continue;
    for (const string of stringsAfter(tokens, at + 1)) {
      found.push({
        table,
        column: token.text,
        value: valueOf(string),
        isCast: tokens[at + 1]?.text === "::",
        token: string,
      });
    }
  }
  return found;
}

/** Which table an alias stands for; null where it stands for several things. */
function aliasesOf(
  tokens: readonly Token[],
  tables: Tables,
): Map<string, string | null> {
  const aliases = new Map<string, string | null>();
  for (const [at, token] of tokens.entries()) {
    if (!/^(from|join|update)$/.test(token.text)) continue;
    const [schema, dot, name, ...rest] = tokens.slice(at + 1, at + 6);
    const isTable = schema?.text === "public" && dot?.text === "." &&
      tables.has(name?.text);
    const alias = isTable
      ? (rest[0]?.text === "as" ? rest[1]?.text : name.text)
      : undefined;
    if (alias === undefined) continue;
    const known = aliases.get(alias);
    aliases.set(
      alias,
      known === undefined || known === name.text ? name.text : null,
    );
  }
  return aliases;
}

/** The table that an update or an index is about, for a bare column. */
function statementTable(
  tokens: readonly Token[],
  at: number,
  tables: Tables,
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

/** The strings that what follows a column compares it with. */
function stringsAfter(tokens: readonly Token[], from: number): Token[] {
  let at = from;
  // A cast.
  while (tokens[at]?.text === "::") at += 2;
  const words = tokens.slice(at, at + 4).map(({ text }) => text.toLowerCase());
  if (words[0] === "when") return afterWhen(tokens, at);
  if (["=", "<>", "!=", ":="].includes(words[0])) at += 1;
  else if (words[0] === "in") at += 1;
  else if (words[0] === "not" && words[1] === "in") at += 2;
  else if (words.join(" ") === "is not distinct from") at += 4;
  else if (words.slice(0, 3).join(" ") === "is distinct from") at += 3;
  else return [];
  if (/^(any|all)$/i.test(tokens[at]?.text ?? "")) at += 1;
  while (/^(\(|\[|array)$/i.test(tokens[at]?.text ?? "")) at += 1;
  const strings: Token[] = [];
  while (tokens[at]?.kind === "string") {
    strings.push(tokens[at]);
    if (tokens[at + 1]?.text !== ",") break;
    at += 2;
  }
  return strings;
}

/** The strings after each `when` of `case column when … end`. */
function afterWhen(tokens: readonly Token[], from: number): Token[] {
  const strings: Token[] = [];
  let depth = 1;
  for (let at = from; at < tokens.length && depth > 0; at++) {
    const word = tokens[at].text.toLowerCase();
    if (word === "case") depth += 1;
    if (word === "end") depth -= 1;
    const next = tokens[at + 1];
    if (word === "when" && depth === 1 && next?.kind === "string") {
      strings.push(next);
    }
  }
  return strings;
}
