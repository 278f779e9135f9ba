import assert from "node:assert/strict";
import { onFakeTime } from "./testing/fake-time.ts";
import { TimeLimit, TimeLimitReached } from "./time-limit.ts";

const abortOf = (signal: AbortSignal) =>
  new Promise<number>((resolve) =>
    signal.addEventListener("abort", () => resolve(Date.now()))
  );

Deno.test("the earliest limit counts", () =>
  onFakeTime(async () => {
    const begin = Date.now();
    const limit = new TimeLimit(60_000);
    limit.shortenTo(90_000);
    limit.shortenTo(30_000);
    assert.equal(await abortOf(limit.signal) - begin, 30_000);
    assert(limit.signal.reason instanceof TimeLimitReached);
    assert.match(limit.signal.reason.message, /30 s/);
    limit.clear();
  }));

Deno.test("a cleared limit is not reached", () =>
  onFakeTime(async () => {
    const limit = new TimeLimit(10);
    limit.clear();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal(limit.signal.aborted, false);
  }));
