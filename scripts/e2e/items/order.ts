import type { Item } from "../../../supabase/functions/_shared/jobs/job.ts";

/** What an attempt of the job is to do. */
export interface Order {
  /** Worked through one after the other. */
  readonly lists: readonly (readonly Item[])[];
  readonly concurrency: number;
  /** The ids of items that go on when the run has to stop. */
  readonly deaf: readonly string[];
}

/** The HTTP status with which the service answers each kind of outcome. */
export const ANSWERS = { done: 200, busy: 503, fatal: 403, failed: 500 };

/** So many items, `item-1` first. */
export function items(count: number, first = 1): Item[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `item-${first + index}`,
    name: `Item ${first + index}`,
  }));
}

/** The number in the id of an item. */
export function numberOf(id: string): number {
  return Number(id.slice("item-".length));
}
