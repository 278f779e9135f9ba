import { setTimeout as delay } from "node:timers/promises";
import { StoppedError } from "./errors.ts";
import type { Session } from "./session.ts";

// What a step under way gets to end by itself, as a program that was started.
const LAST_STEP_MS = 5_000;

/**
 * Waits for some work, and not much longer once a person has pressed Ctrl-C.
 *
 * @throws StoppedError when it was stopped before its end.
 */
export async function untilStopped<T>(
  { signal, terminal }: Session,
  work: Promise<T>,
): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  signal.addEventListener("abort", async () => {
    terminal.note("Stopping…");
    const isDone = work.then(() => {}, () => {});
    await Promise.race([
      isDone,
      delay(LAST_STEP_MS, undefined, { ref: false }),
    ]);
    stopped.reject(new StoppedError());
  }, { once: true });
  try {
    return await Promise.race([work, stopped.promise]);
  } catch (error) {
    throw signal.aborted ? new StoppedError() : error;
  }
}
