/**
 * Asks again and again until there is an answer.
 *
 * @param check returns `undefined` for "not yet".
 * @param timeoutMs how long to ask, in milliseconds.
 * @param intervalMs pause between two questions, in milliseconds.
 * @returns the answer, or `undefined` when the time is over.
 */
export async function waitFor<T>(
  check: () => T | undefined | Promise<T | undefined>,
  timeoutMs: number,
  intervalMs = 100,
): Promise<T | undefined> {
  const deadline = performance.now() + timeoutMs;
  while (true) {
    const answer = await check();
    if (answer !== undefined || performance.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
