import { z } from "zod";
import { count, instantField } from "../_shared/http/fields.ts";

const channelTest = z.object({
  channel: z.string(),
  status: z.enum([
    "sent",
    "waiting",
    "failed",
    "misconfigured",
    "not_configured",
    "unknown",
  ]).describe("`waiting`: it is tried again."),
  problem: z.string().nullable().describe("Why it did not arrive."),
});

const lastResortTest = z.object({
  channel: z.string(),
  status: z.enum(["sent", "failed", "not_configured", "not_tried"]),
  problem: z.string().nullable(),
});

/** An action, as `jobs.actions` has it. */
export const action = z.object({
  action: z.string(),
  jobName: z.string().nullable(),
  runId: z.guid().nullable().describe("The run that was started or cancelled."),
  channel: z.string().nullable(),
  reason: z.string().nullable(),
  requestedBy: z.string().describe(
    "Who asked: the kind of the key, or the email address of the admin.",
  ),
  requestedAt: instantField,
  until: instantField.nullable(),
  endedAt: instantField.nullable().describe(
    "When the cancelled run ended. Null while the batch in hand still has it.",
  ),
  changed: z.boolean().describe("False when all was so already."),
  schedule: z.string().optional().describe("The new schedule, in UTC."),
  formerSchedule: z.string().optional().describe("The schedule before it."),
  retried: count.optional().describe("How many deliveries wait again."),
  alertId: z.guid().nullable().optional().describe("The test alert."),
  channels: z.array(channelTest).optional()
    .describe("What became of a test on each alert channel."),
  lastResort: z.array(lastResortTest).optional()
    .describe("What became of a test on each channel of the last resort."),
  problems: z.array(z.string()).optional()
    .describe("Sentences on what is set wrongly."),
});

export type Action = z.output<typeof action>;
/** What became of a test on a channel. */
export type ChannelTest = z.output<typeof channelTest>;
