import type { Colours } from "../terminal.ts";

/** How, and for when, something is shown. */
export interface View {
  /** The instant from which ages count. */
  readonly now: Date;
  /** The most characters that a line should have. */
  readonly width: number;
  readonly colours: Colours;
}

/** @returns the word in the colour of what it says: `ok`, `failed`, … */
export function paintStatus(
  word: string,
  { colours }: Pick<View, "colours">,
): string {
  switch (word) {
    case "ok":
    case "success":
      return colours.green(word);
    case "warning":
      return colours.yellow(word);
    case "critical":
    case "failed":
      return colours.red(word);
    case "running":
      return colours.cyan(word);
    default:
      return word;
  }
}

/** @returns the heading of a part. */
export function heading(text: string, { colours }: View): string {
  return colours.bold(text);
}

/** @returns the parts that hold something, with a blank line between them. */
export function inParts(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}
