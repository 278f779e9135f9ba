import assert from "node:assert/strict";
import { onFakeTime } from "../testing/fake-time.ts";
import { TimeLimitReached } from "../time-limit.ts";
import { RunTime, workingTimeMs } from "./run-time.ts";

Deno.test("working time keeps 10 s of a limit, or half of a short one", () => {
  assert.equal(workingTimeMs(150), 140_000);
  assert.equal(workingTimeMs(600), 590_000);
  assert.equal(workingTimeMs(20), 10_000);
  assert.equal(workingTimeMs(5), 2500);
});

/** Runs work within a limit and returns when it ended, in milliseconds. */
async function timeBound<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { wallClockSeconds = 150, maxRuntimeSeconds = 600 } = {},
) {
  const time = new RunTime(wallClockSeconds);
  time.limitTo(maxRuntimeSeconds);
  const begin = Date.now();
  const outcome = await time.bound(work(time.working)).then(
    (value) => ({ value, isOver: false }),
    (error) => ({ error, isOver: time.isOver(error) }),
  );
  time.clear();
  return { ...outcome, afterMs: Date.now() - begin };
}

const forever = () => new Promise<never>(() => {});

Deno.test("work that ends within its time is left alone", () =>
  onFakeTime(async () => {
    assert.deepEqual(await timeBound(() => Promise.resolve("done")), {
      value: "done",
      isOver: false,
      afterMs: 0,
    });
  }));

Deno.test("work that heeds the signal ends with it, in its own way", () =>
  onFakeTime(async () => {
    const ended = await timeBound((signal) =>
      new Promise((resolve) =>
        signal.addEventListener(
          "abort",
          () => setTimeout(() => resolve("in order"), 2000),
        )
      )
    );
    assert.deepEqual(ended, {
      value: "in order",
      isOver: false,
      afterMs: 142_000,
    });
  }));

Deno.test("work that does not is left behind 3 s later, or sooner in a short run", () =>
  onFakeTime(async () => {
    const long = await timeBound(forever);
    assert.equal(long.afterMs, 143_000);
    assert.equal(long.isOver, true);

    const short = await timeBound(forever, { maxRuntimeSeconds: 2 });
    assert.equal(short.afterMs, 1300);
  }));

Deno.test("work that begins when its time is over gets no more of it", () =>
  onFakeTime(async () => {
    const time = new RunTime(150);
    const reason = new Error("closed while it worked");
    time.endWith(reason);
    await assert.rejects(time.bound(forever()), reason);
    assert.equal(time.isOver(reason), false);
    time.clear();
  }));

Deno.test("an error of the same kind from elsewhere is not the end of the time", () =>
  onFakeTime(async () => {
    const elsewhere = new TimeLimitReached(1000);
    const ended = await timeBound(() => Promise.reject(elsewhere));
    assert.equal(ended.isOver, false);
  }));
