import pMap from "p-map";
import type { Logger } from "../logger.ts";
import { logFailedAttempts, retryTransient } from "../retry.ts";
import { FatalError } from "./fatal-error.ts";
import type { ItemEntries } from "./item-ledger.ts";
import type { Item } from "./job.ts";
import { recordCount } from "./record-count.ts";

/** A list of items and the work for each. */
export interface ItemList<Each extends Item> {
  readonly items: readonly Each[];
  readonly work: (item: Each, signal: AbortSignal) => Promise<number | void>;
  /** How many items are worked on at once. */
  readonly concurrency: number;
}

/** What a list needs of its run. */
export interface ItemListDeps {
  readonly entries: ItemEntries;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Called at the end of each item. */
  readonly onEntry: () => void;
}

/**
 * Works through a list, several items at once, each apart from the others: one
 * that fails is recorded as failed. It is repeated first, like a run, when its
 * error is transient.
 *
 * @throws {FatalError} of an item; or the signal's reason. Both once the items
 *   in hand have ended: those that it cut off are entered neither way.
 */
export async function forEachItem<Each extends Item>(
  { items, work, concurrency }: ItemList<Each>,
  { entries, signal, log, onEntry }: ItemListDeps,
): Promise<void> {
  let fatal: FatalError | undefined;

  await pMap(items, async (item) => {
    if (signal.aborted || fatal) return;
    try {
      await retryTransient(async () => {
        const changed = await work(item, signal);
        // Here, because a retry that the signal has ended knows no success.
        entries.succeeded(item, recordCount(changed ?? 0));
      }, {
        signal,
        onFailedAttempt: logFailedAttempts(log, "item_attempt_failed", {
          itemId: item.id,
        }),
      });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof FatalError) {
        fatal ??= error;
        return;
      }
      entries.failed(item, error);
    }
    onEntry();
  }, { concurrency });

  if (fatal) throw fatal;
  signal.throwIfAborted();
}
