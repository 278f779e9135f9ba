/** A piece of SQL that means something: white space and comments do not. */
export interface Token {
  readonly kind: "word" | "name" | "string" | "symbol";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const TOKEN = new RegExp(
  [
    /(?<space>\s+|--[^\n]*|\/\*[\s\S]*?\*\/)/,
    // What a body is written in between; the body itself is SQL, too.
    /(?<quote>\$(?:[A-Za-z_]\w*)?\$)/,
    /(?<string>[Ee]'(?:[^'\\]|''|\\[\s\S])*'|'(?:[^']|'')*')/,
    /(?<name>"(?:[^"]|"")*")/,
    /(?<word>[A-Za-z_]\w*)/,
    /(?<symbol>->>|->|::|=>|<>|!=|<=|>=|\|\||\d+(?:\.\d+)?|[\s\S])/,
  ].map(({ source }) => source).join("|"),
  "g",
);

/**
 * Splits SQL into its tokens, those inside dollar quotes included, because in
 * the files of this project these hold SQL.
 */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  for (const { groups = {}, 0: text, index: start } of sql.matchAll(TOKEN)) {
    if (groups.space !== undefined || groups.quote !== undefined) continue;
    const kind = groups.string !== undefined
      ? "string"
      : groups.name !== undefined
      ? "name"
      : groups.word !== undefined
      ? "word"
      : "symbol";
    tokens.push({ kind, text, start, end: start + text.length });
  }
  return tokens;
}

/** @returns the value of a string token. */
export function valueOf({ text }: Token): string {
  return text.replace(/^[Ee]?'|'$/g, "").replaceAll("''", "'");
}

/** @returns a value as a string of SQL. */
export function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** @returns a name as SQL reads it, always between quotes. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Replaces parts of a text, given by where they are. */
export function withReplacements(
  text: string,
  replacements: readonly { start: number; end: number; text: string }[],
): string {
  const ordered = replacements.toSorted((a, b) => a.start - b.start);
  let result = "";
  let position = 0;
  for (const { start, end, text: replacement } of ordered) {
    result += text.slice(position, start) + replacement;
    position = end;
  }
  return result + text.slice(position);
}
