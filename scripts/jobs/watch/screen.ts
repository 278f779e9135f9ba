import type { Terminal } from "../terminal.ts";

// DEC private modes: the alternate screen, the cursor, the wrapping of lines.
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** A screen that is drawn over and over; what was there before comes back. */
export interface Screen extends Disposable {
  /** Shows the lines of a text, as many as there is room for. */
  draw(text: string): void;
}

/** Takes over the terminal until it is disposed of. */
export function openScreen(terminal: Terminal): Screen {
  terminal.write(ENTER);
  return {
    draw(text) {
      // The last line is for the cursor.
      const lines = fit(text.split("\n"), terminal.size().rows - 1);
      // Line by line, since a screen that is cleared first would flicker; and
      // before the line, since after a full one its last character would go.
      const drawn = lines.map((line) => `${CLEAR_LINE}${line}\r\n`);
      terminal.write(HOME + drawn.join("") + CLEAR_BELOW);
    },
    [Symbol.dispose]: () => terminal.write(LEAVE),
  };
}

function fit(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = lines.slice(0, Math.max(0, rows - 1));
  return [...shown, `… ${lines.length - shown.length} more lines`];
}
