/** The lists that an attempt works through: none of them outlives it. */
export class OpenLists {
  readonly #ending = new AbortController();
  readonly #open = new Set<Promise<unknown>>();

  /** Aborted when the run has to stop, and when the attempt has ended. */
  readonly signal: AbortSignal;

  /** @param working aborted when the run has to stop. */
  constructor(working: AbortSignal) {
    this.signal = AbortSignal.any([working, this.#ending.signal]);
  }

  /** Counts a list among those that the attempt is at work on. */
  add<T>(list: Promise<T>): Promise<T> {
    this.#open.add(list);
    // A job that does not wait for its list must not end the process with it.
    list.catch(() => {});
    return list;
  }

  /** Stops the lists that are still open, and waits for the items in hand. */
  async end(): Promise<void> {
    this.#ending.abort(new Error("The attempt has ended."));
    await Promise.allSettled(this.#open);
  }
}
