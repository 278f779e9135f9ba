/**
 * How `duewatch` ends. Scripts rely on it: docs/how-to/install.md lists them.
 *
 * 0: done, or nothing to do. 1: something is in the way or wrong, and is named;
 * nothing was changed. 2: the command could not be carried out, because it was
 * called wrongly or something that it needs did not answer. 3: not confirmed.
 * 130: stopped with Ctrl-C.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 130;

/**
 * Why a command cannot do what was asked. Its message says what is wrong and
 * what to do, is printed without a stack trace, and holds no key.
 */
export class DuewatchError extends Error {
  override readonly name: string = "DuewatchError";

  constructor(
    message: string,
    /** How the program ends. */
    readonly exitCode: Exclude<ExitCode, 0> = 2,
  ) {
    super(message);
  }
}

/** A database that does not answer: it is down, paused or out of reach. */
export class UnreachableDatabaseError extends DuewatchError {
  override readonly name = "UnreachableDatabaseError";
}

/** A person has pressed Ctrl-C. */
export class StoppedError extends DuewatchError {
  override readonly name = "StoppedError";

  constructor() {
    super("Stopped. To go on, run the same command again.", 130);
  }
}
