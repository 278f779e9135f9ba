import { deepEqual } from "node:assert/strict";
import FakeTimers from "@sinonjs/fake-timers";
import { AlarmClock } from "./alarm_clock.ts";

/** When the clock rings in 70 seconds, in milliseconds. */
async function ringsOf(
  work: (alarm: AlarmClock) => void,
): Promise<number[]> {
  const time = FakeTimers.install({
    now: 0,
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"],
  });
  try {
    const rings: number[] = [];
    const alarm = new AlarmClock(() => rings.push(time.now), 30_000);
    work(alarm);
    await time.tickAsync(70_000);
    alarm.stop();
    deepEqual(time.countTimers(), 0);
    return rings;
  } finally {
    time.uninstall();
  }
}

Deno.test("the alarm rings every thirty seconds", async () => {
  deepEqual(await ringsOf(() => {}), [30_000, 60_000]);
});

Deno.test("asked twice to ring soon, it rings once more", async () => {
  const rings = await ringsOf((alarm) => {
    alarm.ringSoon();
    setTimeout(() => alarm.ringSoon(), 1_000);
    setTimeout(() => alarm.ringSoon(), 10_000);
  });
  deepEqual(rings, [5_000, 15_000, 30_000, 60_000]);
});

Deno.test("cancelled, it can be asked again", async () => {
  const rings = await ringsOf((alarm) => {
    alarm.ringSoon();
    setTimeout(() => alarm.notSoon(), 1_000);
    setTimeout(() => alarm.ringSoon(), 2_000);
  });
  deepEqual(rings, [7_000, 30_000, 60_000]);
});

Deno.test("a stopped alarm is silent", async () => {
  const rings = await ringsOf((alarm) => {
    alarm.ringSoon();
    setTimeout(() => alarm.stop(), 1_000);
  });
  deepEqual(rings, []);
});
