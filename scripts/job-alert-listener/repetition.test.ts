import { equal } from "node:assert/strict";
import { Repetition } from "./repetition.ts";

Deno.test("a failure is told once, again when it changes, and every thirty seconds", () => {
  let now = 0;
  const failures = new Repetition(() => now);
  equal(failures.isNews("refused"), true);
  now = 29_999;
  equal(failures.isNews("refused"), false);
  equal(failures.isNews("starting up"), true);
  equal(failures.isNews("starting up"), false);
  now = 59_999;
  equal(failures.isNews("starting up"), true);
});

Deno.test("the first failure after a success is told", () => {
  const failures = new Repetition(() => 0);
  equal(failures.isNews("refused"), true);
  failures.end();
  equal(failures.isNews("refused"), true);
});
