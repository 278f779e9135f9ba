import { PostgrestError } from "@supabase/supabase-js";
import { errorText } from "../error-text.ts";
import { RpcError } from "../rpc/failure.ts";

// The log row is read as a whole, and the last ones say most.
const MAX_ERRORS = 10;
const MAX_ERROR_LENGTH = 500;

/** An attempt that failed, as the run's log row has it. */
export type AttemptError = {
  /** 1 for the first. */
  attempt: number;
  /** The SQLSTATE where there is one, else the error's name. */
  code: string;
  message: string;
  /** When, in ISO 8601. */
  at: string;
};

/** The attempts of one run, and whether work was done since the last failure. */
export class AttemptLog {
  #made = 0;
  #failed = 0;
  #failuresInRow = 0;
  #hasProgressed = false;
  readonly #errors: AttemptError[] = [];

  /** How many there were, with the one under way. */
  get made(): number {
    return this.#made;
  }

  /** The attempt under way, counted from the last progress; 1 for the first. */
  get inRow(): number {
    return this.#failuresInRow + 1;
  }

  /** Whether the last attempt has not failed. */
  get isInOrder(): boolean {
    return this.#failed < this.#made;
  }

  /** What the run's log row says of them. */
  get metadata(): { attempts: number; attempt_errors: AttemptError[] } {
    return { attempts: this.#made, attempt_errors: [...this.#errors] };
  }

  begin(): void {
    this.#made += 1;
  }

  noteProgress(): void {
    this.#hasProgressed = true;
    this.#failuresInRow = 0;
  }

  /** @returns whether there was progress since it was last asked. */
  takeProgress(): boolean {
    const hasProgressed = this.#hasProgressed;
    this.#hasProgressed = false;
    return hasProgressed;
  }

  /** Records that the attempt under way has failed. */
  fail(error: Error): AttemptError {
    const failure = {
      attempt: this.#made,
      code: codeOf(error),
      message: errorText(error, MAX_ERROR_LENGTH),
      at: new Date().toISOString(),
    };
    this.#failed += 1;
    this.#failuresInRow += 1;
    this.#errors.push(failure);
    if (this.#errors.length > MAX_ERRORS) this.#errors.shift();
    return failure;
  }
}

function codeOf(error: Error): string {
  if (error instanceof RpcError) return error.failure.code;
  return (error instanceof PostgrestError && error.code) || error.name;
}
