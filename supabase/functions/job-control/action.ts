import { z } from "zod";
import { count, instantField } from "../_shared/http/fields.ts";

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
  retried: count.optional().describe("How many deliveries wait again."),
});
