import type { JobsClient } from "./api/client.ts";
import type { InstallmentsClient } from "./api/installments.ts";
import type { View } from "./render/view.ts";
import type { Terminal } from "./terminal.ts";

/** What every command works with. */
export interface BaseContext {
  readonly terminal: Terminal;
  /** Print what the functions answer instead of what people read. */
  readonly json: boolean;
  /** The clock. */
  readonly now: () => Date;
  /** Is aborted when the operator stops the command. */
  readonly signal: AbortSignal;
}

/** What the commands about jobs and runs work with. */
export interface Context extends BaseContext {
  readonly client: JobsClient;
}

/** What the commands about installments work with. */
export interface InstallmentsContext extends BaseContext {
  readonly installments: InstallmentsClient;
}

/** How a command has ended, as its exit code. */
export type ExitCode = 0 | 1 | 2;

/** @returns how to show something now. */
export function viewOf({ terminal, now }: BaseContext): View {
  return {
    now: now(),
    width: terminal.size().columns,
    colours: terminal.colours,
  };
}

/** Prints what the functions answered, as JSON or as people read it. */
export function show(
  context: BaseContext,
  answer: unknown,
  format: (view: View) => string,
): void {
  const { json, terminal } = context;
  terminal.print(json ? toJson(answer, 2) : format(viewOf(context)));
}

/**
 * @returns the value as JSON. What would control a terminal, or turn the
 *   direction of the text, is escaped.
 */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
