import picocolors from "picocolors";

/** Colours for text, or the same functions without any. */
export type Colours = ReturnType<typeof picocolors.createColors>;

/** Where the commands write. */
export interface Terminal {
  /** Writes the lines of a result. */
  print(text: string): void;
  /** Writes to standard output unchanged, control sequences included. */
  write(text: string): void;
  /** Writes a remark for people, beside the result. */
  note(text: string): void;
  /** Whether a person is looking at standard output. */
  readonly isInteractive: boolean;
  /**
   * Asks a person a question. @returns whether they agree; null when nobody can
   * be asked, because this is no terminal.
   */
  ask(question: string): boolean | null;
  readonly colours: Colours;
  /** In characters; without a terminal a line is as long as it gets. */
  size(): { readonly columns: number; readonly rows: number };
}

/**
 * Opens the terminal of this process. Colours are for people: there are none in
 * a file, and none with `NO_COLOR` (no-color.org).
 */
export function openTerminal(
  environment: Readonly<Record<string, string>>,
): Terminal {
  const isInteractive = Deno.stdout.isTerminal();
  const write = (text: string) => writeAll(Deno.stdout, text);
  return {
    write,
    print: (text) => write(`${text}\n`),
    note: (text) => writeAll(Deno.stderr, `${text}\n`),
    isInteractive,
    ask: (question) =>
      isInteractive && Deno.stdin.isTerminal() ? confirm(question) : null,
    colours: picocolors.createColors(isInteractive && !environment.NO_COLOR),
    size: () => isInteractive ? sizeOfTerminal() : UNBOUNDED,
  };
}

const UNBOUNDED = { columns: Infinity, rows: Infinity };

// A terminal without a size reports 0.
function sizeOfTerminal() {
  const { columns, rows } = Deno.consoleSize();
  return { columns: columns || 80, rows: rows || 24 };
}

// Unlike console.log this fails when the reader has closed the output, so that
// a command without an end stops.
function writeAll(
  stream: { writeSync(bytes: Uint8Array): number },
  text: string,
): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
}
