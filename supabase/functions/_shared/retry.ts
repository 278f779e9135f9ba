import isNetworkError from "is-network-error";
import pRetry from "p-retry";
import { PostgrestError } from "@supabase/supabase-js";
import { errorText } from "./error-text.ts";
import type { LogFields, Logger } from "./logger.ts";
import { pause } from "./pause.ts";
import { isTransientCode, RpcError } from "./rpc/failure.ts";
import { TransientError } from "./transient-error.ts";

/** How often an operation is repeated in a row, without progress. */
export const MAX_RETRIES = 3;

const FIRST_WAIT_MS = 1000;
const FACTOR = 2;

// A run that is asked to wait for longer fails now and is caught up later.
const LONGEST_WAIT_SECONDS = 30;

const MAX_LOGGED_MESSAGE = 500;

/** An attempt that failed, reported before the wait for the next one. */
export interface FailedAttempt {
  /** 1 for the first. */
  readonly attempt: number;
  readonly error: Error;
  /** How long until the next attempt; null when there will be none. */
  readonly retryInMs: number | null;
}

export interface RetryOptions {
  /** Ends the waiting, with its own reason as the error. */
  readonly signal?: AbortSignal;
  readonly onFailedAttempt: (failed: FailedAttempt) => void;
  /**
   * Says, once for each failed attempt, whether work has been done since the
   * one before it. The failure is then the first in a row again. Default: never.
   */
  readonly hasProgressed?: () => boolean;
}

/** @returns what logs each failed attempt, with these fields. */
export function logFailedAttempts(
  log: Logger,
  event: string,
  fields: LogFields = {},
): RetryOptions["onFailedAttempt"] {
  return ({ attempt, error, retryInMs }) => {
    const message = errorText(error, MAX_LOGGED_MESSAGE);
    log.warn(event, { ...fields, attempt, message, retryInMs });
  };
}

/**
 * Whether an error is transient, so that repeating the operation may help: a
 * call of the database or a query that failed for such a reason, a connection
 * that could not be made or broke, a time-out, and a `TransientError`, unless
 * it asks for a wait of more than 30 seconds.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof TransientError) {
    return (error.retryAfterSeconds ?? 0) <= LONGEST_WAIT_SECONDS;
  }
  if (error instanceof RpcError) return error.failure.kind === "transient";
  if (error instanceof PostgrestError) {
    // Without a code the answer is a gateway's and not the database's.
    return !error.code || isTransientCode(error.code);
  }
  return isNetworkError(error) ||
    (error instanceof DOMException && error.name === "TimeoutError");
}

/**
 * Runs an operation, and again after 1, 2 and 4 seconds while its error is
 * transient. The delays are exact: single flight means that there
 * is no crowd to spread out with jitter. A service that asks for a longer wait
 * gets it.
 *
 * @param operation must be safe to repeat.
 * @throws the last error: at once when it is permanent, else after the third
 *   retry in a row without progress; or the reason of the signal once that is
 *   aborted.
 */
export async function retryTransient<T>(
  operation: () => Promise<T>,
  { signal, onFailedAttempt, hasProgressed = () => false }: RetryOptions,
): Promise<T> {
  let attempt = 0;
  let failuresBefore = 0;
  let beginsAnew = false;

  async function onFailure(error: Error, isLast: boolean, delayMs: number) {
    attempt += 1;
    beginsAnew = hasProgressed() && isTransient(error);
    if (!beginsAnew && (isLast || !isTransient(error))) {
      onFailedAttempt({ attempt, error, retryInMs: null });
      return;
    }
    const waitMs = beginsAnew ? FIRST_WAIT_MS : delayMs;
    const askedForMs = error instanceof TransientError
      ? (error.retryAfterSeconds ?? 0) * 1000
      : 0;
    const retryInMs = Math.max(waitMs, askedForMs);
    onFailedAttempt({ attempt, error, retryInMs });
    // pRetry waits for the rest, and looks at the signal itself.
    const restMs = beginsAnew ? retryInMs : retryInMs - delayMs;
    if (restMs > 0) await pause(restMs, signal);
  }

  while (true) {
    try {
      return await pRetry(operation, {
        retries: MAX_RETRIES - failuresBefore,
        minTimeout: FIRST_WAIT_MS * FACTOR ** failuresBefore,
        factor: FACTOR,
        randomize: false,
        signal,
        shouldRetry: ({ error }) => !beginsAnew && isTransient(error),
        onFailedAttempt: ({ error, retriesLeft, retryDelay }) =>
          onFailure(error, retriesLeft === 0, retryDelay),
      });
    } catch (error) {
      if (!beginsAnew || signal?.aborted) throw error;
      beginsAnew = false;
      failuresBefore = 1;
    }
  }
}
