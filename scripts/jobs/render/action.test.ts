import { equal } from "node:assert/strict";
import type { Action } from "../api/answers.ts";
import { formatAction } from "./action.ts";

const action = (some: Partial<Action>): Action => ({
  action: "pause",
  jobName: "sync",
  runId: "cb57e051-d97d-44c6-bc39-fa6c753ed319",
  channel: null,
  reason: "Why\u001b[31m not?",
  requestedBy: "ada@school.example",
  requestedAt: "2026-11-22T16:20:00Z",
  until: null,
  endedAt: null,
  changed: true,
  ...some,
});

const SENTENCES: [Partial<Action>, string][] = [
  [
    { until: "2026-11-23T07:00:00+00:00", reason: null },
    "sync is paused until 2026-11-23 07:00:00 UTC.",
  ],
  [{ changed: false }, "sync is already paused until it is resumed."],
  [
    { action: "resume", reason: null },
    "sync is resumed: runs are expected from now on.",
  ],
  [{ action: "resume", changed: false }, "sync is not paused."],
  [
    {
      action: "reschedule",
      schedule: "0 * * * *",
      formerSchedule: "0 7 * * *",
      reason: null,
    },
    "sync starts at 0 * * * * (UTC), and no longer at 0 7 * * *.",
  ],
  [
    {
      action: "reschedule",
      schedule: "0 7 * * *",
      formerSchedule: "0 7 * * *",
      changed: false,
    },
    "sync starts at 0 7 * * * (UTC), as before.",
  ],
  [
    { action: "snooze", until: "2026-11-23T07:00:00+00:00", reason: null },
    "sync is snoozed: it raises no alert until 2026-11-23 07:00:00 UTC.",
  ],
  [
    { action: "unsnooze", reason: null },
    "sync is not snoozed any more: what is wrong alerts now.",
  ],
  [{ action: "unsnooze", changed: false }, "sync is not snoozed."],
  [
    { action: "cancel", endedAt: "2026-11-22T16:20:00Z" },
    "Run cb57e051 is cancelled and has ended.",
  ],
  [
    { action: "cancel", changed: false },
    "Run cb57e051 is already cancelled: it ends when the batch in hand is done.",
  ],
  [
    { action: "restore_schedule", reason: null },
    "The entry of sync is as it is registered.",
  ],
  [
    { action: "restore_schedule", jobName: null, changed: false },
    "The entries of all jobs are already as they have to be.",
  ],
  [{ action: "retry_alerts", retried: 1 }, "1 delivery will be sent again."],
  [
    { action: "retry_alerts", retried: 2 },
    "2 deliveries will be sent again.",
  ],
];

for (const [some, sentence] of SENTENCES) {
  Deno.test(`an action is reported in a sentence: ${sentence}`, () =>
    equal(formatAction(action(some)), sentence));
}

Deno.test("a reason cannot control the terminal", () => {
  equal(formatAction(action({})).includes("\u001b"), false);
});
