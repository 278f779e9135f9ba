/** The reason of a signal whose time has run out. */
export class TimeLimitReached extends Error {
  // Under this name fetch and supabase-js know a time-out from a cancellation.
  override readonly name = "TimeoutError";

  constructor(readonly milliseconds: number) {
    super(`the time limit of ${milliseconds / 1000} s was reached`);
  }
}

/**
 * A signal that is aborted when the earliest of its limits is reached. With
 * `using` the limits are lifted at the end of the block.
 */
export class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #timers: ReturnType<typeof setTimeout>[] = [];

  /** @param milliseconds the first limit, counted from now. */
  constructor(milliseconds: number) {
    this.shortenTo(milliseconds);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @param milliseconds one more limit, counted from now. */
  shortenTo(milliseconds: number): void {
    this.#timers.push(
      setTimeout(
        () => this.#controller.abort(new TimeLimitReached(milliseconds)),
        milliseconds,
      ),
    );
  }

  /** Lifts the limits. An aborted signal stays aborted. */
  clear(): void {
    this.#timers.forEach(clearTimeout);
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
