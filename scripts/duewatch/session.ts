import type { Terminal } from "../jobs/terminal.ts";
import type { CommonOptions } from "./common_options.ts";
import { DuewatchError, StoppedError } from "./errors.ts";
import { withPagePaths } from "./page_paths.ts";

/** What the program runs in. */
export interface Runtime {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string>>;
  /** The clock. */
  readonly now: () => Date;
  /** The folder that the person is in. */
  readonly cwd: string;
  /** Where Duewatch's own files are: the checkout, or the npm package. */
  readonly packageDir: string;
  /** Asks a person and waits for the line; null where nobody can answer. */
  readonly ask: ((question: string) => string | null) | null;
  /** Catches Ctrl-C: is aborted when the person stops the command. */
  readonly stopSignal: () => AbortSignal;
}

/** What a command works with. */
export interface Session extends Omit<Runtime, "ask" | "stopSignal"> {
  readonly json: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Tells a person something, beside the result. */
  say(text: string): void;
  /** Tells a person who waits what takes so long. */
  progress(text: string): void;
  /**
   * Shows what would be done and asks whether to do it.
   *
   * @param question the default is whether to go ahead.
   * @returns false with `--dry-run`: nothing may be changed.
   * @throws DuewatchError when the answer is no, or nobody can answer.
   */
  confirm(plan: string, question?: string): boolean;
  /**
   * Asks for a value that the command line did not give.
   *
   * @returns the answer without white space around it.
   * @throws DuewatchError naming the option when nobody can answer.
   */
  askFor(question: string, option: string): string;
}

/** Opens the session of one command. */
export function openSession(
  { ask, stopSignal, ...runtime }: Runtime,
  { json = false, yes = false, dryRun = false }: CommonOptions,
): Session {
  const { terminal } = runtime;
  // With --json standard output holds nothing but the result.
  const signal = stopSignal();
  const say = (text: string) => {
    if (signal.aborted) throw new StoppedError();
    const named = withPagePaths(runtime, text);
    if (json) terminal.note(named);
    else terminal.print(named);
  };
  return {
    ...runtime,
    json,
    yes,
    dryRun,
    signal,
    say,
    progress(text) {
      if (signal.aborted) throw new StoppedError();
      if (terminal.isInteractive) terminal.note(text);
    },
    confirm(plan, question = "Go ahead?") {
      say(plan);
      if (dryRun) return false;
      if (yes) return true;
      if (ask === null) {
        throw new DuewatchError(
          "Nothing was changed: nobody can answer here, because standard " +
            "input is no terminal. Use --yes to go ahead without a question.",
          3,
        );
      }
      const answer = ask(`\n${question} [y/N] `)?.trim().toLowerCase() ?? "";
      if (answer === "y" || answer === "yes") return true;
      throw new DuewatchError("Nothing was changed.", 3);
    },
    askFor(question, option) {
      const answer = ask?.(`${question} `)?.trim() ?? "";
      if (answer !== "") return answer;
      throw new DuewatchError(
        `Nothing was changed: ${option} is needed. ${question}`,
        3,
      );
    },
  };
}
