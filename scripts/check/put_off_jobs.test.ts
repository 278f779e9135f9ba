import { equal } from "node:assert/strict";
import { startsSoon } from "./put_off_jobs.ts";

Deno.test("a job starts soon when it may within the hour", () => {
  const now = new Date("2026-11-23T05:30:00Z");
  const soon = {
    "*/7 * * * *": true,
    "30 seconds": true,
    "0 6 * * 1": true,
    "29 6 * * *": true,
    "30 6 * * *": false,
    "0 6 * * 2": false,
    "15 4 * * *": false,
  };
  for (const [schedule, expected] of Object.entries(soon)) {
    equal(startsSoon(schedule, now), expected, schedule);
  }
});
