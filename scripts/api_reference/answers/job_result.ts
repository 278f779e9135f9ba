import { z } from "zod";

const count = z.int().min(0);

const result = z.object({
  runId: z.guid(),
  recordsUpdated: count,
  agencies: z.array(z.object({
    agencyId: z.guid(),
    updatedCount: count,
    transitions: z.record(z.string(), count),
  })).describe("Those with a change."),
  errors: z.array(z.object({
    id: z.string().nullable(),
    name: z.string().nullable(),
    error: z.string(),
  })).describe("The agencies that failed."),
  attempts: z.int().min(1).describe("1 when nothing had to be repeated."),
  durationMs: z.number().min(0),
});

/** What a run did that succeeded. */
export const jobResult = z.object({
  success: z.literal(true),
  ...result.shape,
});

/** What stands beside the error of a run that failed. */
export const failedJobResult = result;
