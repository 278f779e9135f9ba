import type { Command } from "commander";
import type { CommonOptions } from "./common_options.ts";
import type { ExitCode } from "./errors.ts";
import type { Session } from "./session.ts";

/** What a command has done, to be shown at its end. */
export interface Outcome {
  /** The default is 0. */
  readonly exitCode?: ExitCode;
  /** What was done, a sentence each. */
  readonly did: readonly string[];
  /** What comes next, a command or a sentence each. */
  readonly next?: readonly string[];
  /** What `--json` prints besides. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Whether nothing is shown at the end: the output is for another program. */
  readonly silent?: boolean;
}

/**
 * Runs the work of a command in a session, and shows its outcome.
 *
 * @returns the action for commander.
 */
export type Acts = <Options extends CommonOptions>(
  work: (
    session: Session,
    options: Options,
    args: string[],
  ) => Promise<Outcome>,
) => (...given: unknown[]) => Promise<void>;

/** A command of `duewatch`, in a file of its own in `commands/`. */
export interface CommandModule {
  /** Adds the command, with its arguments, options and examples. */
  readonly add: (program: Command, acts: Acts) => void;
}

/** Adds the options of a command that changes something. */
export function asChange(command: Command): Command {
  return asQuestion(command)
    .option("--yes", "do not ask before anything is changed", false)
    .option("--dry-run", "show what would be done, and change nothing", false);
}

/** Adds the options of a command that only looks. */
export function asQuestion(command: Command): Command {
  return command.option("--json", "print the result as JSON", false);
}

/** Adds examples to the help of a command, each with what it does. */
export function withExamples(
  command: Command,
  examples: Readonly<Record<string, string>>,
): Command {
  const lines = Object.entries(examples)
    .map(([line, purpose]) => `  # ${purpose}\n  npx duewatch ${line}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n\n")}`);
}
