// Often enough to watch a run, and seldom enough to cost it nothing.
const INTERVAL_MS = 1000;

/**
 * Sends a state that keeps changing, at most once a second and one at a time:
 * the last change is always sent, those that another has overtaken are not.
 */
export class ProgressReporter {
  readonly #send: (signal: AbortSignal) => Promise<void>;
  readonly #stopping = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | undefined;
  #sentAt = -Infinity;
  #changed = false;

  /**
   * @param send sends the present state, or gives up when the signal is
   *   aborted. It may not reject.
   */
  constructor(send: (signal: AbortSignal) => Promise<void>) {
    this.#send = send;
  }

  /** Reports that the state has changed. */
  change(): void {
    this.#changed = true;
    this.#schedule();
  }

  /** Stops sending. A change that has not been sent is dropped. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopping.abort();
    await this.#sending;
  }

  #schedule(): void {
    const { aborted } = this.#stopping.signal;
    if (aborted || this.#timer !== undefined || this.#sending) return;
    const wait = this.#sentAt + INTERVAL_MS - Date.now();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#changed = false;
      this.#sentAt = Date.now();
      this.#sending = this.#send(this.#stopping.signal).finally(() => {
        this.#sending = undefined;
        if (this.#changed) this.#schedule();
      });
    }, Math.max(wait, 0));
  }
}
