import { cut } from "../../../text.ts";

// A mail of more than 102 kB is shown cut off by some clients; these keep the
// largest one well below.
export const MAX_NAME = 200;
export const MAX_WORDS = 500;
export const MAX_ENTRIES = 50;
const MAX_ERROR = 4000;

/** @returns an error as long as a mail can show it; it says when it was cut. */
export function cutError(error: string): string {
  return cut(error, MAX_ERROR, {
    notice: `\n… (cut from ${error.length} characters)`,
  });
}
