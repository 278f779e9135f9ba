/**
 * What went wrong, in the words of whoever noticed.
 *
 * @returns the message; where a host has several addresses and none answers,
 *   what each of them said.
 */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map(messageOf).join("; ");
  }
  return error instanceof Error ? error.message : String(error);
}
