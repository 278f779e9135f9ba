const INTERVAL_MS = 30_000;

/**
 * Keeps a failure that repeats every other second from filling the log: it is
 * logged when it is new or has changed, and then every 30 seconds.
 */
export class LogThrottle {
  readonly #now: () => number;
  #lastMessage: string | null = null;
  #loggedAt = -Infinity;

  /** @param now milliseconds on a clock that is never set. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @returns whether to log this one. */
  allows(message: string): boolean {
    const now = this.#now();
    const isRepeated = message === this.#lastMessage &&
      now - this.#loggedAt < INTERVAL_MS;
    if (isRepeated) return false;
    this.#lastMessage = message;
    this.#loggedAt = now;
    return true;
  }

  /** The failure is over: the next one is logged. */
  reset(): void {
    this.#lastMessage = null;
  }
}
