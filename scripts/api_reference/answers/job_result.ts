import { z } from "zod";

const count = z.int().min(0);

const run = z.object({
  runId: z.guid(),
  recordsUpdated: count,
  errors: z.array(z.object({
    id: z.string().nullable(),
    name: z.string().nullable(),
    error: z.string(),
  })).describe("The items that failed."),
  attempts: z.int().min(1).describe("1 when nothing had to be repeated."),
  durationMs: z.number().min(0),
});

/** What a run of a job did, failed or not. */
export const jobResult = run.extend({
  itemsTotal: count.nullable(),
  itemsProcessed: count.nullable().describe("Those that failed included."),
  itemsFailed: count,
});

/** The same of the main job, whose items are agencies. */
export const updateResult = run.extend({
  agencies: z.array(z.object({
    agencyId: z.guid(),
    updatedCount: count,
    transitions: z.record(z.string(), count),
  })).describe("Those with a change."),
});

/** What a run did that succeeded. */
export const jobSuccess = succeeded(jobResult);
export const updateSuccess = succeeded(updateResult);

function succeeded<Shape extends z.ZodRawShape>(result: z.ZodObject<Shape>) {
  return z.object({ success: z.literal(true), ...result.shape });
}
