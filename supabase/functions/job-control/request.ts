import { z } from "zod";
import {
  instant,
  jobName,
  storableText,
  UNSTORABLE,
} from "../_shared/http/parameters.ts";
import { isStorable } from "../_shared/storable.ts";

const reason = z
  .string("is required: a text that says why")
  .trim()
  .min(1, "must not be empty")
  .max(500, "must have at most 500 characters")
  .refine(isStorable, UNSTORABLE);

const job = {
  jobName: jobName.describe("The name of a registered job."),
};
const why = reason.describe("Why. It is kept in `jobs.actions`.");
const maybeWhy = why.optional();

/** The body of a request, by its action. */
export const controlBody = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("run"), ...job, reason: maybeWhy }),
  z.strictObject({
    action: z.literal("pause"),
    ...job,
    reason: why,
    until: instant.optional()
      .describe("When the job is resumed. Default: when somebody does it."),
  }),
  z.strictObject({ action: z.literal("resume"), ...job, reason: maybeWhy }),
  z.strictObject({
    action: z.literal("reschedule"),
    ...job,
    schedule: storableText.min(1, "must not be empty")
      .max(100, "must have at most 100 characters")
      .describe("When pg_cron starts the job: a cron expression, in UTC."),
    expectedIntervalMinutes: z.int("must be a whole number")
      .min(1, "must be at least 1")
      .max(527_040, "must be at most 527040, which is 366 days")
      .optional()
      .describe(
        "How long the job may then be without a success. Default: as before.",
      ),
    reason: maybeWhy,
  }),
  z.strictObject({
    action: z.literal("snooze"),
    ...job,
    reason: why,
    until: instant.describe("When it ends: within 30 days."),
  }),
  z.strictObject({ action: z.literal("unsnooze"), ...job, reason: maybeWhy }),
  z.strictObject({
    action: z.literal("cancel"),
    runId: z.guid("must be a UUID").describe("The run to end."),
    reason: why,
  }),
  z.strictObject({
    action: z.literal("restore_schedule"),
    jobName: jobName.optional().describe(
      "The name of a registered job. Default: every job, and the entries that " +
        "watch over them.",
    ),
    reason: maybeWhy,
  }),
  z.strictObject({
    action: z.literal("retry_alerts"),
    channel: storableText.min(1, "must not be empty").optional()
      .describe("The channel whose alerts are sent again. Default: all."),
    reason: maybeWhy,
  }),
  z.strictObject({ action: z.literal("test_alert"), reason: maybeWhy }),
], {
  error: "action must be run, pause, resume, reschedule, snooze, unsnooze, " +
    "cancel, restore_schedule, retry_alerts or test_alert",
});

/** What somebody asks of a job. */
export type ControlRequest = z.output<typeof controlBody>;
