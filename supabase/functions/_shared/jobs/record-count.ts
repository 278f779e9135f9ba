// What the column of the log holds.
const LARGEST = 2 ** 31 - 1;

/**
 * Checks what a job says of how many records it has changed.
 *
 * @throws {RangeError} for what is no count: the log row would refuse it, and
 *   the end of the run with it.
 */
export function recordCount(count: number): number {
  if (!Number.isInteger(count) || count < 0 || count > LARGEST) {
    throw new RangeError(
      `The job says that it has changed ${count} records, which is no count.`,
    );
  }
  return count;
}
