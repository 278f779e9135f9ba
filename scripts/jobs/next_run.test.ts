import { equal } from "node:assert/strict";
import { nextRunOf } from "./next_run.ts";
import { nextTick } from "../../supabase/functions/_shared/next-tick.ts";
import {
  NOW,
  sampleHealth,
  sampleJob,
  sampleReason,
} from "./testing/samples.ts";

const SUNDAY = new Date("2026-11-22T16:20:00Z");

const next = (schedule: string) => nextTick(schedule, SUNDAY)?.toISOString();

Deno.test("a schedule is read in UTC", () => {
  equal(next("0 7 * * *"), "2026-11-23T07:00:00.000Z");
  equal(next("* * * * *"), "2026-11-22T16:21:00.000Z");
  equal(next("*/30 16-17 * * sun"), "2026-11-22T16:30:00.000Z");
});

Deno.test("the minute that has begun is not the next one", () => {
  equal(next("20 16 * * *"), "2026-11-23T16:20:00.000Z");
});

Deno.test("day of month and day of week are read as pg_cron reads them", () => {
  equal(next("0 7 24 * 4"), "2026-11-24T07:00:00.000Z", "one is enough");
  equal(next("0 7 */2 * 2"), "2026-12-01T07:00:00.000Z", "both have to match");
  equal(next("0 7 13 * */2"), "2026-12-13T07:00:00.000Z", "both, as well");
  equal(next("0 7 $ * *"), "2026-11-30T07:00:00.000Z", "the last of the month");
});

Deno.test("there is no next run of what never comes, or counts seconds", () => {
  const texts = ["0 0 31 2 *", "30 seconds", "61 * * * *", "0 0 7 * * *", ""];
  for (const text of texts) equal(next(text), undefined, text);
});

Deno.test("a job has a next run when it is enabled and scheduled as registered", () => {
  equal(
    nextRunOf(sampleJob(), sampleHealth(), NOW),
    "2026-11-23T07:00:00.000Z",
  );
  equal(nextRunOf(sampleJob({ enabled: false }), sampleHealth(), NOW), null);
  equal(
    nextRunOf(
      sampleJob({ registered: false, schedule: null }),
      sampleHealth(),
      NOW,
    ),
    null,
  );
});

for (
  const code of [
    "schedule_missing",
    "schedule_inactive",
    "schedule_differs",
    "command_differs",
    "scheduler_dead",
    "setting_missing",
    "setting_unreadable",
  ]
) {
  Deno.test(`a job has no next run that is known with ${code}`, () => {
    const reasons = [sampleReason({ code })];
    equal(nextRunOf(sampleJob({ reasons }), sampleHealth(), NOW), null);
    const health = sampleHealth({ system: { status: "critical", reasons } });
    equal(nextRunOf(sampleJob(), health, NOW), null);
  });
}

Deno.test("a job that is unwell in another way has a next run", () => {
  const reasons = [sampleReason({ code: "last_run_failed" })];
  equal(
    nextRunOf(sampleJob({ reasons }), sampleHealth(), NOW),
    "2026-11-23T07:00:00.000Z",
  );
});
