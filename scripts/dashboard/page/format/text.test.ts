import { equal } from "node:assert/strict";
import { count, distance, duration, scheduleInWords } from "./text.ts";

const durations: [ms: number, text: string][] = [
  [0, "0 ms"],
  [999, "999 ms"],
  [1000, "1.0 s"],
  [9940, "9.9 s"],
  [42_000, "42 s"],
  [60_000, "1 min"],
  [200_000, "3 min 20 s"],
  [7_500_000, "2 h 5 min"],
  [86_400_000, "1 d"],
  [273_600_000, "3 d 4 h"],
];
for (const [ms, text] of durations) {
  Deno.test(`${ms} milliseconds are ${text}`, () => equal(duration(ms), text));
}

const distances: [seconds: number, text: string][] = [
  [0, "just now"],
  [-5, "5 s ago"],
  [-59.9, "59 s ago"],
  [-187, "3 min ago"],
  [90, "in 1 min"],
  [-90_000, "1 d 1 h ago"],
];
for (const [seconds, text] of distances) {
  Deno.test(`an instant ${seconds} seconds from now is ${text}`, () => {
    const now = Date.parse("2026-11-28T12:00:00Z");
    equal(distance(now + seconds * 1000, now), text);
  });
}

const schedules: [schedule: string, words: string | null][] = [
  ["0 7 * * *", "Every day at 07:00"],
  ["0 6 * * 1", "Every Monday at 06:00"],
  ["0 6 * * 1,4", "Every Monday and Thursday at 06:00"],
  ["0 6 * * 1-5", "Monday through Friday at 06:00"],
  ["0 6 1 * *", "At 06:00, on day 1 of the month"],
  ["* * * * *", "Every minute"],
  ["30 seconds", "Every 30 seconds"],
  ["nonsense", null],
];
for (const [schedule, words] of schedules) {
  Deno.test(`the schedule ${schedule} is read as ${words}`, () =>
    equal(scheduleInWords(schedule), words));
}

Deno.test("a count has its unit", () => {
  equal(count(1, "record"), "1 record");
  equal(count(12_345, "agency", "agencies"), "12,345 agencies");
});
