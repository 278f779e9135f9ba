import { equal } from "node:assert/strict";
import { LogThrottle } from "./log_throttle.ts";

Deno.test("a failure is logged once, again when it changes, and every thirty seconds", () => {
  let now = 0;
  const failures = new LogThrottle(() => now);
  equal(failures.allows("refused"), true);
  now = 29_999;
  equal(failures.allows("refused"), false);
  equal(failures.allows("starting up"), true);
  equal(failures.allows("starting up"), false);
  now = 59_999;
  equal(failures.allows("starting up"), true);
});

Deno.test("the first failure after a success is logged", () => {
  const failures = new LogThrottle(() => 0);
  equal(failures.allows("refused"), true);
  failures.reset();
  equal(failures.allows("refused"), true);
});
