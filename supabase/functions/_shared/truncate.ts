/** How `truncate` writes and ends a text. */
export interface TruncateOptions {
  /** Stands for what is missing; not encoded. */
  readonly notice?: string;
  /** How one character is written where the text goes, such as `&amp;`. */
  readonly encode?: (character: string) => string;
}

/**
 * Encodes a text and cuts it where that is too long: never inside a character,
 * never inside its encoding.
 *
 * @param limit the most UTF-16 code units that the result may have. Services
 *   count characters in one way or another; none counts more than this.
 * @returns the encoded text, which ends in the notice when it was cut.
 */
export function truncate(
  text: string,
  limit: number,
  { notice = "…", encode = (character) => character }: TruncateOptions = {},
): string {
  let kept = "";
  let fits = "";
  for (const character of text) {
    kept += encode(character);
    if (kept.length > limit) return fits.trimEnd() + notice;
    if (kept.length + notice.length <= limit) fits = kept;
  }
  return kept;
}

// Controls, line and paragraph separators, and the marks that turn the
// direction of a text, with which a name can pretend to be another.
const NOT_IN_A_LINE =
  /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;
const NOT_IN_A_TEXT =
  /[^\P{Cc}\n\t]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** @returns the text on one line, fit for a subject or a heading. */
export function singleLine(text: string): string {
  return text.toWellFormed()
    .replace(NOT_IN_A_LINE, " ")
    .replace(/ {2,}/g, " ")
    .trim();
}

/** @returns the text with its lines and tabs, without other controls. */
export function multiLine(text: string): string {
  return text.toWellFormed()
    .replace(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(NOT_IN_A_TEXT, "")
    .trim();
}
