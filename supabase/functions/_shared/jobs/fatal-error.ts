/**
 * Thrown in an item when the others cannot succeed either, such as a key that
 * a service refuses: the run ends as failed, once the items in hand are done,
 * and keeps what it has done.
 */
export class FatalError extends Error {
  override readonly name = "FatalError";
}
