import { deepEqual, equal } from "node:assert/strict";
import { reconnectDelayMs, refusedDelayMs } from "./backoff.ts";

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
