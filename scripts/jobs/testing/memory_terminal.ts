import picocolors from "picocolors";
import type { Terminal } from "../terminal.ts";

/** A terminal that keeps what it is given. */
export interface MemoryTerminal extends Terminal {
  /** All of standard output. */
  readonly output: string;
  /** All of standard error. */
  readonly notes: string;
}

/** What kind of terminal; by default a file as wide as it needs to be. */
export interface MemoryTerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly isInteractive?: boolean;
  /** What a person says when asked; by default nobody is there. */
  readonly answer?: boolean;
}

/** Opens a terminal without colours. */
export function memoryTerminal(
  { columns = Infinity, rows = Infinity, isInteractive = false, answer }:
    MemoryTerminalOptions = {},
): MemoryTerminal {
  let output = "";
  let notes = "";
  return {
    print: (text) => output += `${text}\n`,
    write: (text) => output += text,
    note: (text) => notes += `${text}\n`,
    isInteractive,
    ask(question) {
      notes += `${question}\n`;
      return answer ?? null;
    },
    colours: picocolors.createColors(false),
    size: () => ({ columns, rows }),
    get output() {
      return output;
    },
    get notes() {
      return notes;
    },
  };
}
