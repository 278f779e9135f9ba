const SOON_MS = 5_000;

/**
 * Rings at regular intervals, for what no notification announces: the lease of
 * a process that died, or an alert that was raised while no listener ran.
 */
export class AlarmClock {
  readonly #ring: () => void;
  readonly #interval: ReturnType<typeof setInterval>;
  #soon: ReturnType<typeof setTimeout> | undefined;

  /** @param intervalMs pause between two rings, in milliseconds. */
  constructor(ring: () => void, intervalMs: number) {
    this.#ring = ring;
    this.#interval = setInterval(ring, intervalMs);
  }

  /** Rings once more within five seconds, however often it is asked to. */
  ringSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#ring();
    }, SOON_MS);
  }

  /** Cancels {@link ringSoon}. */
  notSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
  }

  stop(): void {
    clearInterval(this.#interval);
    this.notSoon();
  }
}
