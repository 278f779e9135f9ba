import type { Entry, Facts, List } from "./description.ts";
import { singleLine } from "../../truncate.ts";

/** @returns the facts whose value is known. */
export function facts(
  ...known: readonly (readonly [label: string, value: string | null])[]
): Facts {
  return {
    kind: "facts",
    facts: known
      .map(([label, value]) => ({ label, value: singleLine(value ?? "") }))
      .filter(({ value }) => value !== ""),
  };
}

/** @param more how many entries there are beside these. */
export function list(
  title: string,
  entries: readonly Entry[],
  more = 0,
): List {
  return { kind: "list", title, entries, more };
}

/** @returns an entry of a list; a missing text is replaced by "no message". */
export function entry(
  name: string | null,
  text: string | null,
  runbookPage: string | null = null,
): Entry {
  return { name, text: singleLine(text ?? "") || "no message", runbookPage };
}

/** @returns the first name there is, on one line. */
export function nameOf(...names: readonly (string | null)[]): string {
  return names.map((name) => singleLine(name ?? "")).find((name) =>
    name !== ""
  ) ?? "(no name)";
}

/** @returns a value worded, or null when there is none. */
export function known<Value>(
  value: Value | null,
  word: (value: Value) => string,
): string | null {
  return value === null ? null : word(value);
}
