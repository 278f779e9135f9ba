import pRetry from "p-retry";
import { isTransient } from "./rpc/failure.ts";

/** How often an operation is repeated after its first attempt. */
export const MAX_RETRIES = 3;

/** An attempt that failed, told before the wait for the next one. */
export interface FailedAttempt {
  /** 1 for the first. */
  readonly attempt: number;
  readonly error: Error;
  /** How long until the next attempt; null when there will be none. */
  readonly retryInMs: number | null;
}

export interface RetryOptions {
  /** Ends the waiting, with its own reason as the error. */
  readonly signal: AbortSignal;
  readonly onFailedAttempt: (failed: FailedAttempt) => void;
}

/**
 * Runs an operation, and again after 1, 2 and 4 seconds while it fails for a
 * reason that may pass. The delays are exact: single flight means that there
 * is no crowd to spread out with jitter.
 *
 * @param operation must be safe to repeat.
 * @returns what the first successful attempt returned.
 * @throws the last error: at once when it is permanent, else after the third
 *   retry; or the reason of the signal once that is aborted.
 */
export function retryTransient<T>(
  operation: () => Promise<T>,
  { signal, onFailedAttempt }: RetryOptions,
): Promise<T> {
  return pRetry(operation, {
    retries: MAX_RETRIES,
    minTimeout: 1000,
    factor: 2,
    randomize: false,
    signal,
    shouldRetry: ({ error }) => isTransient(error),
    onFailedAttempt: ({ error, attemptNumber, retriesLeft, retryDelay }) =>
      onFailedAttempt({
        attempt: attemptNumber,
        error,
        retryInMs: retriesLeft > 0 && isTransient(error) ? retryDelay : null,
      }),
  });
}
