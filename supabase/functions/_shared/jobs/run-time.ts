import { TimeLimit } from "../time-limit.ts";

// Time kept to stop the work and to close the log row, and then to answer.
const CLOSING_MARGIN_SECONDS = 10;
const ANSWER_MARGIN_SECONDS = 1;

// The part of that margin in which items in hand may still end.
const STOPPING_SHARE = 0.3;

/**
 * How long a job may work within a limit, so that its end can still be logged.
 *
 * @param limitSeconds when the run is stopped from outside.
 * @returns milliseconds: 10 s less, but never less than half of a short limit.
 */
export function workingTimeMs(limitSeconds: number): number {
  return Math.max(limitSeconds - CLOSING_MARGIN_SECONDS, limitSeconds / 2) *
    1000;
}

/** The time that a run has: to work, to stop working, and to log its end. */
export class RunTime {
  readonly #limit: TimeLimit;
  readonly #closing: TimeLimit;
  readonly #ending = new AbortController();
  readonly #tooLate = Promise.withResolvers<never>();
  #stoppingMs: number;
  #stopping: ReturnType<typeof setTimeout> | undefined;
  #isTooLate = false;

  /** Aborted when the work has to stop. */
  readonly working: AbortSignal;

  /** @param wallClockSeconds when the platform ends the process, from now. */
  constructor(wallClockSeconds: number) {
    this.#limit = new TimeLimit(workingTimeMs(wallClockSeconds));
    this.#closing = new TimeLimit(
      (wallClockSeconds - ANSWER_MARGIN_SECONDS) * 1000,
    );
    this.#stoppingMs = stoppingTimeMs(wallClockSeconds);
    this.working = AbortSignal.any([this.#limit.signal, this.#ending.signal]);
    this.working.addEventListener("abort", () => {
      this.#stopping = setTimeout(() => {
        this.#isTooLate = true;
        this.#tooLate.reject(this.working.reason);
      }, this.#stoppingMs);
    });
    // A rejection that nothing awaits would end the process.
    this.#tooLate.promise.catch(() => {});
  }

  /** Aborted when the end can no longer be logged. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** @param seconds one more limit, from now. */
  limitTo(seconds: number): void {
    this.#limit.shortenTo(workingTimeMs(seconds));
    this.#stoppingMs = Math.min(this.#stoppingMs, stoppingTimeMs(seconds));
  }

  /** Stops the work before its time. */
  endWith(reason: Error): void {
    this.#ending.abort(reason);
  }

  /** Whether this is the error of work that was stopped at its time limit. */
  isOver(error: unknown): boolean {
    const { signal } = this.#limit;
    return signal.aborted && error === signal.reason;
  }

  /** Whether it is, and the work heeded the signal: nothing hangs any more. */
  isOverInOrder(error: unknown): boolean {
    return this.isOver(error) && !this.#isTooLate;
  }

  /**
   * Waits for work that heeds the signal `working`, and a little while for work
   * that does not: whatever hangs, the run's end is logged.
   *
   * @throws what the work throws; or the signal's reason.
   */
  async bound<T>(work: Promise<T>): Promise<T> {
    return await Promise.race([work, this.#tooLate.promise]);
  }

  /** Lifts the limits. An aborted signal stays aborted. */
  clear(): void {
    this.#limit.clear();
    this.#closing.clear();
    clearTimeout(this.#stopping);
  }
}

function stoppingTimeMs(limitSeconds: number): number {
  return (limitSeconds * 1000 - workingTimeMs(limitSeconds)) * STOPPING_SHARE;
}
