/**
 * Waits for some work, but not forever.
 *
 * @param ms how long to wait, in milliseconds.
 * @returns whether the work ended in time.
 */
export async function endsWithin(
  ms: number,
  work: Promise<unknown>,
): Promise<boolean> {
  const { promise: timeIsUp, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, ms, false);
  try {
    return await Promise.race([work.then(() => true), timeIsUp]);
  } finally {
    clearTimeout(timer);
  }
}
