// What the column of the log holds.
const LARGEST = 2 ** 31 - 1;

/**
 * Checks a job's count of changed records.
 *
 * @throws {RangeError} for any other number: the log row would refuse it, and
 *   the end of the run with it.
 */
export function recordCount(count: number): number {
  if (!Number.isInteger(count) || count < 0 || count > LARGEST) {
    throw new RangeError(
      `The job returned ${count} as its count of changed records. It must be a whole number from 0 to ${LARGEST}.`,
    );
  }
  return count;
}
