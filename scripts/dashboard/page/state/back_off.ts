import { Failure } from "../api/failure.ts";

const MAX_BACK_OFF_MS = 300_000;

/**
 * How long to wait before the next reading: longer after each failure, and as
 * long as the server asks.
 *
 * @param failures how many readings have failed in a row.
 */
export function waitFor(
  everyMs: number,
  failures: number,
  error: unknown,
): number {
  const backOff = Math.min(everyMs * 2 ** failures, MAX_BACK_OFF_MS);
  const asked = error instanceof Failure ? error.retryAfterMs ?? 0 : 0;
  return Math.max(failures === 0 ? everyMs : backOff, asked);
}

/**
 * Whether the server has asked to be left alone, and the time is not over. So a
 * reader who comes back to the page does not make it ask again at once.
 *
 * @param failedAt when it did so, and `now`, in milliseconds.
 */
export function mustWait(
  error: unknown,
  failedAt: number,
  now: number,
): boolean {
  return error instanceof Failure && now < failedAt + (error.retryAfterMs ?? 0);
}
