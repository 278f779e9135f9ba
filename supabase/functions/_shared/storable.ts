/**
 * Takes out of a text what Postgres cannot store, a NUL and half of a surrogate
 * pair: a message that it refuses would keep the failure out of the log row.
 */
export function storable(text: string): string {
  return text.replaceAll("\u0000", "").toWellFormed();
}
