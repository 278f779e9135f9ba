import { deepEqual, equal } from "node:assert/strict";
import { onFakeTime } from "../../supabase/functions/_shared/testing/fake-time.ts";
import {
  listenWithReconnect,
  reconnectDelayMs,
  refusedDelayMs,
} from "./listen_with_reconnect.ts";

/** How one attempt to listen goes. */
type Attempt =
  | { readonly fails: string }
  | { readonly loses: string; readonly afterMs: number }
  | "stays";

/** Listens through these attempts, then stops; returns what happened when. */
async function listenThrough(attempts: readonly Attempt[]): Promise<string[]> {
  const stop = new AbortController();
  const begin = Date.now();
  const log: string[] = [];
  const note = (text: string) => log.push(`${Date.now() - begin} ${text}`);
  const left = [...attempts];

  await listenWithReconnect({
    open: () => {
      const attempt = left.shift();
      if (attempt === undefined) throw new Error("one attempt too many");
      if (attempt !== "stays" && "fails" in attempt) {
        return Promise.reject(new Error(attempt.fails));
      }
      if (attempt === "stays") setTimeout(() => stop.abort(), 1_000);
      const end = new AbortController();
      if (attempt !== "stays") {
        const reason = new Error(attempt.loses);
        setTimeout(() => end.abort(reason), attempt.afterMs);
      }
      return Promise.resolve({
        ended: end.signal,
        [Symbol.asyncDispose]: () => {
          note("closed");
          return Promise.resolve();
        },
      });
    },
    onListening: () => note("listening"),
    onLost: ({ message }) => note(`lost: ${message}`),
    onFailed: ({ error, failures, retryInMs }) =>
      note(`failure ${failures}: ${error}, again in ${retryInMs}`),
    delayMs: (failures) => 10 * 2 ** failures,
    signal: stop.signal,
  });
  note("ended");
  return log;
}

Deno.test("a lost connection is closed and replaced after the first delay", () =>
  onFakeTime(async () => {
    const log = await listenThrough([
      { loses: "terminated", afterMs: 100 },
      "stays",
    ]);
    deepEqual(log, [
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
    const log = await listenThrough([
      { fails: "refused" },
      { fails: "cannot LISTEN" },
      { loses: "terminated", afterMs: 0 },
      { fails: "refused" },
      "stays",
    ]);
    deepEqual(log, [
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
    await listenWithReconnect({
      open: () => Promise.reject(new Error(`attempt ${++attempts}`)),
      onListening: () => {},
      onLost: () => {},
      onFailed: () => {},
      delayMs: () => 60_000,
      signal: stop.signal,
    });
    deepEqual(attempts, 1);
  }));

const shortest = () => 0;
const longest = () => 1 - Number.EPSILON;

Deno.test("the delay grows from a tenth of a second to two seconds, and no further", () => {
  const delays = [0, 1, 2, 3, 4, 5, 6, 2000].map((failures) =>
    reconnectDelayMs(failures, longest)
  );
  deepEqual(delays, [100, 200, 400, 800, 1600, 2000, 2000, 2000]);
});

Deno.test("each delay is at random, by up to half, also when it grows no more", () => {
  equal(reconnectDelayMs(0, shortest), 50);
  equal(reconnectDelayMs(50, shortest), 1000);
  equal(reconnectDelayMs(50, () => 0.5), 1500);
});

Deno.test("a refused password is offered again after half a minute at the earliest", () => {
  equal(refusedDelayMs(shortest), 30_000);
  equal(refusedDelayMs(longest), 60_000);
});
