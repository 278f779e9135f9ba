import { setTimeout as pause } from "node:timers/promises";

/**
 * Asks again and again until there is an answer.
 *
 * @param check returns `undefined` or `false` for "not yet".
 * @param timeoutMs how long to ask, in milliseconds.
 * @param intervalMs pause between two questions, in milliseconds.
 * @returns the answer, or `undefined` when the time is over.
 */
export async function waitFor<T>(
  check: () => T | Promise<T>,
  timeoutMs: number,
  intervalMs = 100,
): Promise<Exclude<T, false> | undefined> {
  const deadline = performance.now() + timeoutMs;
  while (true) {
    const answer = await check();
    if (answer !== undefined && answer !== false) {
      return answer as Exclude<T, false>;
    }
    if (performance.now() > deadline) return undefined;
    await pause(intervalMs);
  }
}
