import { z } from "zod";

/** A number of things. */
export const count = z.int().min(0);

/** An instant in ISO 8601, as the database writes it. */
export const instantField = z.string().meta({ format: "date-time" });

export const runStatus = z.enum(["running", "success", "failed"]);

export const healthStatus = z.enum(["ok", "warning", "critical"]);

/** Why a job, or what all jobs depend on, is not healthy. */
export const healthReason = z.object({
  code: z.string().describe("Stable; its page is in docs/runbooks."),
  severity: z.enum(["info", "warning", "critical"])
    .describe("info: nothing is wrong, and no status changes."),
  message: z.string(),
});

/** An item that failed in a run. */
export const itemError = z.object({
  id: z.string().nullable(),
  name: z.string().nullable(),
  error: z.string(),
});
