// What may hold a semicolon that ends nothing, or the semicolon that does.
const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"[^"]*"|\$(\w*)\$[\s\S]*?\$\1\$|^begin atomic$[\s\S]*?^end(?=;$)|;/gm;

/**
 * Splits SQL into its statements, without the comments between them. For the
 * files of this project: each `begin atomic` and its `end;` has a line of its own,
 * and there is no `E'\''`.
 */
export function statementsOf(sql: string): string[] {
  const statements: string[] = [];
  let start = 0;
  for (const { 0: token, index } of sql.matchAll(TOKEN)) {
    const isLeadingComment = /^(--|\/\*)/.test(token) &&
      sql.slice(start, index).trim() === "";
    if (isLeadingComment) start = index + token.length;
    if (token !== ";") continue;
    statements.push(sql.slice(start, index).trim());
    start = index + 1;
  }
  const rest = sql.slice(start).trim();
  return rest === "" ? statements : [...statements, rest];
}
