import assert from "node:assert/strict";
import FakeTimers from "@sinonjs/fake-timers";

/**
 * Runs a test on a clock that starts at 2026-01-01 and jumps to the next timer
 * whenever everything else waits: delays are exact and take no time. A timer
 * that is left running when the test ends is an error.
 */
export async function onFakeTime(test: () => Promise<void>): Promise<void> {
  const { setTimeout: setRealTimeout } = globalThis;
  const clock = FakeTimers.install({
    now: new Date("2026-01-01T00:00:00Z"),
    toFake: ["setTimeout", "clearTimeout", "Date"],
  });
  clock.setTickMode({ mode: "nextAsync" });
  try {
    await test();
    assert.equal(clock.countTimers(), 0, "a timer was left running");
  } finally {
    // The clock looks for the next timer in a loop that waits for a message and
    // then for a real timer. Those that it has begun would end in the next test.
    clock.setTickMode({ mode: "manual" });
    await nextMessage();
    await new Promise<void>((resolve) => setRealTimeout(resolve));
    clock.uninstall();
  }
}

/** Waits for a message that is sent now, after those that were sent before. */
async function nextMessage(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  port1.onmessage = () => resolve();
  port2.postMessage(undefined);
  await arrived;
  port1.close();
  port2.close();
}
