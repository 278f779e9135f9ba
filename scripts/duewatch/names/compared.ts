import type { Token } from "./tokens.ts";

/** The strings that what follows a column compares it with. */
export function stringsAfter(
  tokens: readonly Token[],
  from: number,
): Token[] {
  let at = from;
  // A cast.
  while (tokens[at]?.text === "::") at += 2;
  const words = tokens.slice(at, at + 4).map(({ text }) => text.toLowerCase());
  if (words[0] === "when") return afterWhen(tokens, at);
  if (["=", "<>", "!=", "=>"].includes(words[0])) at += 1;
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
