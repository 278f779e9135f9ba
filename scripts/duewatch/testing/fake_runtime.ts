import {
  type MemoryTerminal,
  memoryTerminal,
} from "../../jobs/testing/memory_terminal.ts";
import { runCommandLine } from "../command_line.ts";
import type { ExitCode } from "../errors.ts";
import type { Runtime } from "../session.ts";

/** What a command that ran in memory has left. */
export interface Ran {
  readonly exitCode: ExitCode;
  readonly output: string;
  readonly notes: string;
}

/**
 * Runs a command of `duewatch` without a process of its own.
 *
 * @param answers what a person types, one after the other; without them nobody
 *   can answer.
 */
export async function runDuewatch(
  args: readonly string[],
  { answers, ...given }: Partial<Runtime> & {
    readonly answers?: readonly string[];
  } = {},
): Promise<Ran> {
  const terminal: MemoryTerminal = memoryTerminal();
  const left = [...answers ?? []];
  const exitCode = await runCommandLine(args, {
    terminal,
    environment: {},
    now: () => new Date(),
    cwd: Deno.cwd(),
    packageDir: new URL("../../../", import.meta.url).pathname,
    ask: answers === undefined ? null : () => left.shift() ?? null,
    stopSignal: () => new AbortController().signal,
    ...given,
  });
  return { exitCode, output: terminal.output, notes: terminal.notes };
}
