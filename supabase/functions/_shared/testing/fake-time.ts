import assert from "node:assert/strict";
import FakeTimers from "@sinonjs/fake-timers";

/**
 * Runs a test on a clock that starts at 2026-01-01 and jumps to the next timer
 * whenever everything else waits: delays are exact and take no time. A timer
 * that is left running when the test ends is an error.
 */
export async function onFakeTime(test: () => Promise<void>): Promise<void> {
  const clock = FakeTimers.install({
    now: new Date("2026-01-01T00:00:00Z"),
    toFake: ["setTimeout", "clearTimeout", "Date"],
  });
  clock.setTickMode({ mode: "nextAsync" });
  try {
    await test();
    assert.equal(clock.countTimers(), 0, "a timer was left running");
  } finally {
    clock.uninstall();
  }
}
