import assert from "node:assert/strict";
import {
  formatDuration,
  formatElapsed,
  formatInstant,
  formatNumber,
  pluralize,
} from "./format.ts";

Deno.test("durations are written in the two largest units", () => {
  const written: [milliseconds: number, expected: string][] = [
    [0, "0 ms"],
    [-5, "0 ms"],
    [0.4, "0 ms"],
    [43, "43 ms"],
    [999, "999 ms"],
    [999.6, "999 ms"],
    [1000, "1 s"],
    [7430, "7.4 s"],
    [59_999, "59.9 s"],
    [60_000, "1 min"],
    [200_000, "3 min 20 s"],
    [3_599_999, "59 min 59 s"],
    [3_600_000, "1 h"],
    [11_521_258, "3 h 12 min"],
    [86_399_999, "23 h 59 min"],
    [86_400_000, "1 d"],
    [273_600_000, "3 d 4 h"],
    [1000 * 86_400_000, "1000 d"],
  ];
  for (const [milliseconds, expected] of written) {
    assert.equal(formatDuration(milliseconds), expected);
  }
});

Deno.test("instants are written in UTC, to the second", () => {
  for (
    const iso of [
      "2026-11-22T07:00:03.987654+00:00",
      "2026-11-22T07:00:03Z",
      "2026-11-22T17:00:03+10:00",
    ]
  ) {
    assert.equal(formatInstant(iso), "2026-11-22 07:00:03 UTC");
  }
});

Deno.test("a text that is no instant is written as it is", () => {
  assert.equal(formatInstant("infinity"), "infinity");
});

Deno.test("the time between two instants is written when both are known", () => {
  const from = "2026-11-22T07:00:07+00:00";
  const to = "2026-11-22T10:12:09+00:00";
  assert.equal(formatElapsed(from, to), "3 h 12 min");
  assert.equal(formatElapsed(null, to), null);
  assert.equal(formatElapsed(from, null), null);
  assert.equal(formatElapsed("-infinity", to), null);
});

Deno.test("numbers are written with separators, and one is singular", () => {
  assert.equal(formatNumber(1234567), "1,234,567");
  assert.equal(formatNumber(26.34), "26.3");
  assert.equal(pluralize(1, "hour"), "1 hour");
  assert.equal(pluralize(0, "hour"), "0 hours");
  assert.equal(pluralize(26.3, "hour"), "26.3 hours");
});
