import { once } from "node:events";
import { pause } from "../../supabase/functions/_shared/pause.ts";

export interface ListenWithReconnectOptions {
  /** Opens the connection; rejects when it does not listen. */
  readonly open: () => Promise<
    { readonly ended: AbortSignal } & AsyncDisposable
  >;
  readonly onListening: () => void;
  readonly onLost: (reason: Error) => void;
  /** @param failures attempts that have failed since it last listened. */
  readonly onFailed: (
    failure: {
      readonly error: unknown;
      readonly failures: number;
      readonly retryInMs: number;
    },
  ) => void;
  /** How long to wait before the next attempt, in milliseconds. */
  readonly delayMs: (failures: number, error: unknown) => number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Listens, and again whenever that has ended, for as long as it takes.
 *
 * The delay starts over only after listening has succeeded: a server that lets
 * us in and then refuses LISTEN counts as unreachable.
 *
 * @returns when the signal is aborted and the connection is closed.
 */
export async function listenWithReconnect(
  options: ListenWithReconnectOptions,
): Promise<void> {
  const { signal } = options;
  let failures = 0;
  while (!signal.aborted) {
    let cause: unknown;
    try {
      await using listening = await options.open();
      failures = 0;
      options.onListening();
      const end = AbortSignal.any([listening.ended, signal]);
      if (!end.aborted) await once(end, "abort");
      if (!listening.ended.aborted) return;
      cause = listening.ended.reason;
      options.onLost(listening.ended.reason);
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      cause = error;
    }
    const retryInMs = options.delayMs(failures, cause);
    if (failures > 0) options.onFailed({ error: cause, failures, retryInMs });
    await pause(retryInMs, signal);
  }
}

const FIRST_MS = 100;
// The listener has to listen again within 5 seconds of the database being back.
// Two seconds of waiting leave three for an attempt over a slow line, and one
// attempt every one or two seconds is no load for a server that is starting.
const LONGEST_MS = 2_000;
// Hosted databases ban an address that keeps offering a wrong password, and
// prolong the ban when it goes on.
const AFTER_REFUSAL_MS = 60_000;

/**
 * How long to wait before connecting again: growing, and at random, so that the
 * listeners of one database do not come back in step.
 *
 * @param failures attempts that have failed since the listener last listened.
 * @param random gives a number from 0 up to 1.
 * @returns milliseconds: half to all of 100, 200, 400 … at most 2000.
 */
export function reconnectDelayMs(
  failures: number,
  random: () => number = Math.random,
): number {
  return jittered(Math.min(FIRST_MS * 2 ** failures, LONGEST_MS), random);
}

/**
 * How long to wait after the database has refused our user, password or
 * database name, which only a person can correct.
 *
 * @returns milliseconds, 30 to 60 seconds.
 */
export function refusedDelayMs(random: () => number = Math.random): number {
  return jittered(AFTER_REFUSAL_MS, random);
}

function jittered(longestMs: number, random: () => number): number {
  return Math.round(longestMs * (1 + random()) / 2);
}
