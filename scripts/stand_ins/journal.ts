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
  first(fits: (entry: Entry) => boolean): Promise<Entry> {
    return this.#expect((entries) => entries.find(fits));
  }

  /**
   * Waits until the entries, taken together, are what one waits for.
   *
   * @returns all entries of that moment.
   */
  until(
    complete: (entries: readonly Entry[]) => boolean,
  ): Promise<readonly Entry[]> {
    return this.#expect((entries) =>
      complete(entries) ? [...entries] : undefined
    );
  }

  #expect<T>(
    look: (entries: readonly Entry[]) => T | undefined,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = () => {
        try {
          const found = look(this.#entries);
          if (found === undefined) return;
          resolve(found);
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
