/**
 * Asks a connection again and again whether it is still there. A line that was
 * cut without a farewell looks like one on which nothing happens, and TCP
 * itself takes minutes to hours to see the difference.
 */
export class Probe {
  readonly #failed = Promise.withResolvers<Error>();
  readonly #ask: () => Promise<unknown>;
  readonly #intervalMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  /**
   * @param ask rejects when there is no answer in time.
   * @param intervalMs pause between two questions, in milliseconds.
   */
  constructor(ask: () => Promise<unknown>, intervalMs: number) {
    this.#ask = ask;
    this.#intervalMs = intervalMs;
    this.#schedule();
  }

  /** Resolves with the reason when there was no answer. */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.#probe(), this.#intervalMs);
  }

  async #probe(): Promise<void> {
    try {
      await this.#ask();
      this.#schedule();
    } catch (error) {
      this.#failed.resolve(
        error instanceof Error ? error : new Error(String(error)),
      );
    }
  }
}
