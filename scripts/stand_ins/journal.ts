/** What arrived, in order, and what is still expected. */
export class Journal<Entry> {
  readonly #entries: Entry[] = [];
  readonly #expectations = new Set<() => void>();

  /** All entries so far, the oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    for (const check of this.#expectations) check();
  }

  /** Waits for an entry that fits, and takes the first one, old or new. */
  async first(fits: (entry: Entry) => boolean): Promise<Entry> {
    const [entry] = (await this.until((entries) => entries.some(fits)))
      .filter(fits);
    return entry;
  }

  /**
   * Waits until the entries, taken together, are what one waits for.
   *
   * @returns all entries of that moment.
   */
  until(
    complete: (entries: readonly Entry[]) => boolean,
  ): Promise<readonly Entry[]> {
    return new Promise((resolve, reject) => {
      const check = () => {
        try {
          if (!complete(this.#entries)) return;
          resolve([...this.#entries]);
        } catch (error) {
          reject(error);
        }
        this.#expectations.delete(check);
      };
      this.#expectations.add(check);
      check();
    });
  }
}
