import { errorText, excerpt } from "../error-text.ts";
import type { Item, ItemCounts } from "./job.ts";

/** An item that failed, as `jobs_log.errors` names it. */
export interface ItemError {
  readonly id: string;
  readonly name: string | null;
  readonly error: string;
}

/** Records the end of each item. */
export interface ItemEntries {
  succeeded(item: Item, recordsUpdated: number): void;
  failed(item: Item, error: unknown): void;
}

// The log row is read as a whole. Of very many failures the first are enough;
// the counts include them all.
const MAX_ERRORS = 1000;
const MAX_NAME = 200;
const MAX_ITEM_ERROR = 500;

/** Which items of one list are done, in whichever attempt. */
interface List {
  readonly done: Set<string>;
  total: number;
  attempt: number;
}

/**
 * The items of a run over all its attempts. Items that are done stay done, so a
 * repeated attempt continues where the one before it stopped.
 */
export class ItemLedger {
  readonly #lists = new Map<string, List>();
  readonly #errors: ItemError[] = [];
  #failed = 0;
  #recordsUpdated = 0;
  #attempt = 0;

  /** Begins a further attempt, in which each list may be opened once more. */
  beginAttempt(): void {
    this.#attempt += 1;
  }

  /**
   * Opens a list.
   *
   * @returns the items that are still to be done, and where to enter them.
   * @throws {RangeError} when two of them have the same id, or when the attempt
   *   has opened a list of this name before.
   */
  open<Each extends Item>(
    name: string,
    items: readonly Each[],
  ): { pending: readonly Each[]; entries: ItemEntries } {
    const ids = new Set(items.map(({ id }) => id));
    if (ids.size < items.length) {
      throw new RangeError("Two items of a list have the same id.");
    }

    const list = this.#lists.get(name) ??
      { done: new Set(), total: 0, attempt: 0 };
    if (list.attempt === this.#attempt) {
      throw new RangeError(
        `There is a list "${name}" already: give each list of a run a name of ` +
          "its own.",
      );
    }
    this.#lists.set(name, list);
    list.attempt = this.#attempt;
    const pending = items.filter(({ id }) => !list.done.has(id));
    list.total = list.done.size + pending.length;

    return {
      pending,
      entries: {
        succeeded: ({ id }, recordsUpdated) => {
          list.done.add(id);
          this.#recordsUpdated += recordsUpdated;
        },
        failed: (item, error) => {
          list.done.add(item.id);
          this.#fail(item, error);
        },
      },
    };
  }

  /** Whether the run works through items at all. */
  get isUsed(): boolean {
    return this.#lists.size > 0;
  }

  get counts(): ItemCounts {
    const lists = [...this.#lists.values()];
    const sum = (count: (list: List) => number) =>
      lists.reduce((total, list) => total + count(list), 0);
    return {
      total: sum((list) => list.total),
      processed: sum((list) => list.done.size),
      failed: this.#failed,
    };
  }

  /** The first of those that failed. */
  get errors(): readonly ItemError[] {
    return this.#errors;
  }

  /** How many records the items say that they have changed. */
  get recordsUpdated(): number {
    return this.#recordsUpdated;
  }

  #fail({ id, name }: Item, error: unknown): void {
    this.#failed += 1;
    if (this.#errors.length === MAX_ERRORS) return;
    this.#errors.push({
      id: excerpt(id, MAX_NAME),
      name: name == null ? null : excerpt(name, MAX_NAME),
      error: errorText(error, MAX_ITEM_ERROR),
    });
  }
}
