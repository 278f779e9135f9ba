import assert from "node:assert/strict";
import { PostgrestError } from "@supabase/supabase-js";
import { type FailedAttempt, isTransient, retryTransient } from "./retry.ts";
import { RpcError } from "./rpc/failure.ts";
import { onFakeTime } from "./testing/fake-time.ts";
import { TimeLimit, TimeLimitReached } from "./time-limit.ts";
import { TransientError } from "./transient-error.ts";

const transient = new RpcError("finish_job_run", {
  kind: "transient",
  reason: "network",
  code: "network",
  message: "refused",
});
const permanent = new RpcError("finish_job_run", {
  kind: "permanent",
  reason: "database",
  code: "42501",
  message: "permission denied",
});

/** Fails with these errors in turn, then succeeds; notes when it was called. */
function failing(...errors: Error[]) {
  const calledAt: number[] = [];
  const failed: FailedAttempt[] = [];
  const begin = Date.now();
  const run = (signal = new AbortController().signal) =>
    retryTransient(() => {
      calledAt.push(Date.now() - begin);
      const error = errors.shift();
      return error ? Promise.reject(error) : Promise.resolve("done");
    }, { signal, onFailedAttempt: (attempt) => failed.push(attempt) });
  return { run, calledAt, failed };
}

Deno.test("retries come after exactly 1, 2 and 4 seconds", () =>
  onFakeTime(async () => {
    const { run, calledAt } = failing(transient, transient, transient);
    assert.equal(await run(), "done");
    assert.deepEqual(calledAt, [0, 1000, 3000, 7000]);
  }));

Deno.test("a failure after progress is the first in a row again", () =>
  onFakeTime(async () => {
    const begin = Date.now();
    const calledAt: number[] = [];
    const failed: FailedAttempt[] = [];
    const progressIn = [3, 4];
    const ended = retryTransient(() => {
      calledAt.push(Date.now() - begin);
      return Promise.reject(transient);
    }, {
      onFailedAttempt: (attempt) => failed.push(attempt),
      hasProgressed: () => progressIn.includes(calledAt.length),
    });

    await assert.rejects(ended, transient);
    // 1 and 2 s, then 1 s after each progress, then 2 and 4 s.
    assert.deepEqual(calledAt, [0, 1000, 3000, 4000, 5000, 7000, 11_000]);
    assert.deepEqual(
      failed.map(({ attempt, retryInMs }) => [attempt, retryInMs]),
      [[1, 1000], [2, 2000], [3, 1000], [4, 1000], [5, 2000], [6, 4000], [
        7,
        null,
      ]],
    );
  }));

Deno.test("the last failure of a row is none when there was progress before it", () =>
  onFakeTime(async () => {
    const calledAt: number[] = [];
    const begin = Date.now();
    const ended = retryTransient(() => {
      calledAt.push(Date.now() - begin);
      return calledAt.length < 6
        ? Promise.reject(transient)
        : Promise.resolve("done");
    }, {
      onFailedAttempt: () => {},
      hasProgressed: () => calledAt.length === 4,
    });

    assert.equal(await ended, "done");
    assert.deepEqual(calledAt, [0, 1000, 3000, 7000, 8000, 10_000]);
  }));

Deno.test("progress does not make a permanent error one that passes", () =>
  onFakeTime(async () => {
    let calls = 0;
    const ended = retryTransient(() => {
      calls += 1;
      return Promise.reject(permanent);
    }, { onFailedAttempt: () => {}, hasProgressed: () => true });
    await assert.rejects(ended, permanent);
    assert.equal(calls, 1);
  }));

Deno.test("the signal ends the wait after progress, too", () =>
  onFakeTime(async () => {
    const stopping = new AbortController();
    const reason = new Error("stopped");
    setTimeout(() => stopping.abort(reason), 500);
    const ended = retryTransient(() => Promise.reject(transient), {
      signal: stopping.signal,
      onFailedAttempt: () => {},
      hasProgressed: () => true,
    });
    await assert.rejects(ended, reason);
  }));

Deno.test("the fourth transient failure is final", () =>
  onFakeTime(async () => {
    const { run, calledAt, failed } = failing(
      transient,
      transient,
      transient,
      transient,
    );
    await assert.rejects(run(), transient);
    assert.deepEqual(calledAt, [0, 1000, 3000, 7000]);
    assert.deepEqual(
      failed.map(({ attempt, retryInMs }) => ({ attempt, retryInMs })),
      [
        { attempt: 1, retryInMs: 1000 },
        { attempt: 2, retryInMs: 2000 },
        { attempt: 3, retryInMs: 4000 },
        { attempt: 4, retryInMs: null },
      ],
    );
  }));

Deno.test("permanent errors and defects are not repeated", () =>
  onFakeTime(async () => {
    for (const error of [permanent, new Error("defect"), new TypeError("x")]) {
      const { run, calledAt, failed } = failing(error);
      await assert.rejects(run(), error);
      assert.deepEqual(calledAt, [0]);
      assert.deepEqual(failed, [{ attempt: 1, error, retryInMs: null }]);
    }
  }));

Deno.test("a time limit ends the waiting for a retry", () =>
  onFakeTime(async () => {
    const limit = new TimeLimit(1500);
    const { run, calledAt } = failing(transient, transient, transient);
    const begin = Date.now();
    await assert.rejects(run(limit.signal), TimeLimitReached);
    assert.equal(Date.now() - begin, 1500);
    assert.deepEqual(calledAt, [0, 1000]);
  }));

Deno.test("a wait that a service asks for ends with the time limit too", () =>
  onFakeTime(async () => {
    const limit = new TimeLimit(5000);
    const busy = new TransientError("busy", { retryAfterSeconds: 20 });
    const { run, calledAt, failed } = failing(busy);
    const begin = Date.now();
    await assert.rejects(run(limit.signal), TimeLimitReached);
    assert.equal(Date.now() - begin, 5000);
    assert.deepEqual(calledAt, [0]);
    assert.equal(failed[0].retryInMs, 20_000);
  }));

const queryError = (code: string) =>
  new PostgrestError({ code, message: "no", details: "", hint: "" });

Deno.test("transient errors are distinguished from permanent ones", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const unusedPort = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  const failureOf = (init: RequestInit = {}) =>
    fetch(unusedPort, init).catch((error) => error);
  const refused = await failureOf();
  const timedOut = await failureOf({ signal: AbortSignal.timeout(0) });

  for (
    const [error, expected] of [
      [transient, true],
      [permanent, false],
      [queryError("40001"), true],
      [queryError("57014"), true],
      [queryError("PGRST002"), true],
      [queryError("42501"), false],
      [queryError(""), true],
      [refused, true],
      [timedOut, true],
      [new TypeError("x is not a function"), false],
      [new DOMException("late", "TimeoutError"), true],
      [new DOMException("no", "AbortError"), false],
      [new TransientError("busy"), true],
      [new TransientError("busy", { retryAfterSeconds: 30 }), true],
      [new TransientError("busy", { retryAfterSeconds: 31 }), false],
      ["a text", false],
    ] as [unknown, boolean][]
  ) {
    assert.equal(isTransient(error), expected, String(error));
  }
});
