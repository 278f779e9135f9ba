const INTERVAL_MS = 30_000;

/**
 * Keeps a failure that comes every other second from filling the log: it is
 * told when it is new or has changed, and then every 30 seconds.
 */
export class Repetition {
  readonly #now: () => number;
  #lastMessage: string | null = null;
  #toldAt = -Infinity;

  /** @param now milliseconds on a clock that is never set. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @returns whether to tell this one. */
  isNews(message: string): boolean {
    const now = this.#now();
    const isOld = message === this.#lastMessage &&
      now - this.#toldAt < INTERVAL_MS;
    if (isOld) return false;
    this.#lastMessage = message;
    this.#toldAt = now;
    return true;
  }

  /** It is over: the next failure is news. */
  end(): void {
    this.#lastMessage = null;
  }
}
