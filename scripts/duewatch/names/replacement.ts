import type { Token } from "./tokens.ts";

/** A part of a text, and what is written in its place. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Replaces a token. */
export function at({ start, end }: Token, text: string): Replacement {
  return { start, end, text };
}
