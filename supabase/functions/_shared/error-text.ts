import { storable } from "./storable.ts";

// An address may carry a credential before its host, in its path or in its
// query, as webhooks and databases do; runtimes name the whole of it in their
// errors.
const BEYOND_THE_HOST =
  /((?:\b[a-z][a-z0-9+.-]*:)?\/\/)(?:[^\s"'<>]*@)?([^\s/?#"'<>()]+)[^\s"'<>)]*/gi;

const LONGEST = 10_000;

// Room for what is removed from the beginning of a text.
const LOOK_AHEAD = 2000;

/**
 * The text of an error for the log: its message, in a form that Postgres
 * stores, with addresses cut to their host.
 *
 * @param longest how many characters of it. Default: 10,000.
 */
export function errorText(error: unknown, longest = LONGEST): string {
  const message = error instanceof Error
    ? error.message || error.name
    : String(error);
  return excerpt(
    withoutCredentials(beginningOf(message, longest + LOOK_AHEAD)),
    longest,
  );
}

/**
 * @returns the beginning of a text, such that Postgres stores it: without NUL
 *   and half of a surrogate pair. A copy, which does not keep all of a long
 *   text in memory.
 */
export function excerpt(text: string, longest: number): string {
  const beginning = storable(text.slice(0, longest + 1));
  const cut = beginning.length > longest
    ? `${beginning.slice(0, longest - 1)}…`
    : beginning;
  return new TextDecoder().decode(new TextEncoder().encode(cut));
}

// In an address that is cut in the middle, the credential could no longer be
// recognised, so it is left out.
function beginningOf(text: string, length: number): string {
  if (text.length <= length) return text;
  const beginning = text.slice(0, length);
  const lastWord = 1 + Math.max(
    ...[" ", "\n", "\t", "\r"].map((blank) => beginning.lastIndexOf(blank)),
  );
  return beginning.indexOf("//", lastWord) === -1
    ? beginning
    : beginning.slice(0, lastWord);
}

function withoutCredentials(message: string): string {
  return message.replace(BEYOND_THE_HOST, "$1$2");
}
