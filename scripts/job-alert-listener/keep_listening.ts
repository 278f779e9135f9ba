import { pause } from "../../supabase/functions/_shared/pause.ts";

export interface KeepListeningOptions {
  /** Opens the connection; rejects when it does not listen in the end. */
  readonly open: () => Promise<
    { readonly lost: Promise<Error> } & AsyncDisposable
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
 * us in and then refuses LISTEN counts as one that is not there.
 *
 * @returns when the signal is aborted and the connection is closed.
 */
export async function keepListening(
  options: KeepListeningOptions,
): Promise<void> {
  const { signal } = options;
  const aborted = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener("abort", () => resolve(null));
  });
  let failures = 0;
  while (!signal.aborted) {
    let cause: unknown;
    try {
      await using listening = await options.open();
      failures = 0;
      options.onListening();
      const reason = await Promise.race([listening.lost, aborted]);
      if (reason === null) return;
      cause = reason;
      options.onLost(reason);
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
