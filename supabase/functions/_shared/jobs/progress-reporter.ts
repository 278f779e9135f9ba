// Often enough to watch a run, and seldom enough to cost it nothing.
const INTERVAL_MS = 1000;

// The database takes a run for dead that has reported and is then silent for a
// minute. One item may take longer than that.
const KEEPALIVE_MS = 15_000;

/**
 * Sends a state that keeps changing, at most once a second and one at a time:
 * the last change is always sent, those that another has overtaken are not.
 * Without a change, the state is sent again every 15 seconds, so that the run
 * is known to be alive.
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

  /** Begins: the first report comes after 15 seconds without a change. */
  begin(): void {
    this.#schedule(KEEPALIVE_MS, Date.now());
  }

  /** Reports that the state has changed. */
  change(): void {
    if (!this.#changed) clearTimeout(this.#timer);
    else if (this.#timer !== undefined) return;
    this.#changed = true;
    this.#schedule(INTERVAL_MS);
  }

  /** Stops sending. A change that has not been sent is dropped. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopping.abort();
    await this.#sending;
  }

  #schedule(intervalMs: number, since = this.#sentAt): void {
    if (this.#stopping.signal.aborted || this.#sending) return;
    const wait = since + intervalMs - Date.now();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#changed = false;
      this.#sentAt = Date.now();
      this.#sending = this.#send(this.#stopping.signal).finally(() => {
        this.#sending = undefined;
        this.#schedule(this.#changed ? INTERVAL_MS : KEEPALIVE_MS);
      });
    }, Math.max(wait, 0));
  }
}
