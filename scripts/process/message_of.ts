/**
 * @returns the message of anything that was thrown, for use inside a sentence;
 *   where a host has several addresses and none answers, that of each.
 */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map(messageOf).join("; ");
  }
  return error instanceof Error ? error.message : String(error);
}
