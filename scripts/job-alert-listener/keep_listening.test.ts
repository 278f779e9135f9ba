import { deepEqual } from "node:assert/strict";
import { onFakeTime } from "../../supabase/functions/_shared/testing/fake-time.ts";
import { keepListening } from "./keep_listening.ts";

/** How one attempt to listen goes. */
type Attempt =
  | { readonly fails: string }
  | { readonly loses: string; readonly afterMs: number }
  | "stays";

/** Listens through these attempts, then stops; tells what happened when. */
async function listenThrough(attempts: readonly Attempt[]): Promise<string[]> {
  const stop = new AbortController();
  const begin = Date.now();
  const told: string[] = [];
  const tell = (text: string) => told.push(`${Date.now() - begin} ${text}`);
  const left = [...attempts];

  await keepListening({
    open: () => {
      const attempt = left.shift();
      if (attempt === undefined) throw new Error("one attempt too many");
      if (attempt !== "stays" && "fails" in attempt) {
        return Promise.reject(new Error(attempt.fails));
      }
      if (attempt === "stays") setTimeout(() => stop.abort(), 1_000);
      return Promise.resolve({
        lost: new Promise<Error>((resolve) => {
          if (attempt === "stays") return;
          const reason = new Error(attempt.loses);
          setTimeout(() => resolve(reason), attempt.afterMs);
        }),
        [Symbol.asyncDispose]: () => {
          tell("closed");
          return Promise.resolve();
        },
      });
    },
    onListening: () => tell("listening"),
    onLost: ({ message }) => tell(`lost: ${message}`),
    onFailed: ({ error, failures, retryInMs }) =>
      tell(`failure ${failures}: ${error}, again in ${retryInMs}`),
    delayMs: (failures) => 10 * 2 ** failures,
    signal: stop.signal,
  });
  tell("ended");
  return told;
}

Deno.test("a lost connection is closed and replaced after the first delay", () =>
  onFakeTime(async () => {
    const told = await listenThrough([
      { loses: "terminated", afterMs: 100 },
      "stays",
    ]);
    deepEqual(told, [
      "0 listening",
      "100 lost: terminated",
      "100 closed",
      "110 listening",
      "1110 closed",
      "1110 ended",
    ]);
  }));

Deno.test("attempts that fail come ever later, and start over once it listened", () =>
  onFakeTime(async () => {
    const told = await listenThrough([
      { fails: "refused" },
      { fails: "cannot LISTEN" },
      { loses: "terminated", afterMs: 0 },
      { fails: "refused" },
      "stays",
    ]);
    deepEqual(told, [
      "0 failure 1: Error: refused, again in 20",
      "20 failure 2: Error: cannot LISTEN, again in 40",
      "60 listening",
      "60 lost: terminated",
      "60 closed",
      "70 failure 1: Error: refused, again in 20",
      "90 listening",
      "1090 closed",
      "1090 ended",
    ]);
  }));

Deno.test("it can be stopped while it waits for the next attempt", () =>
  onFakeTime(async () => {
    const stop = new AbortController();
    let attempts = 0;
    setTimeout(() => stop.abort(), 50);
    await keepListening({
      open: () => Promise.reject(new Error(`attempt ${++attempts}`)),
      onListening: () => {},
      onLost: () => {},
      onFailed: () => {},
      delayMs: () => 60_000,
      signal: stop.signal,
    });
    deepEqual(attempts, 1);
  }));
