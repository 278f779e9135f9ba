import { z } from "zod";
import { errorBody } from "../../../supabase/functions/_shared/http/errors.ts";
import { healthReport } from "../../../supabase/functions/check-job-health/report.ts";
import { action } from "../../../supabase/functions/job-control/action.ts";
import { page, type Run } from "../../../supabase/functions/job-logs/runs.ts";

/** The answer of check-job-health. */
export const health = z.looseObject(healthReport.shape);

/** The answer of job-logs. */
export const runsPage = page;

/** The answer of job-control. */
export const controlAnswer = action;

/** An error in the form of our functions. */
export const errorAnswer = z.object({
  error: errorBody.shape.error.omit({ statusCode: true }),
});

/** What a job's function answers, whether or not the run succeeded. */
export const triggerAnswer = z.object({
  runId: z.guid(),
  error: errorAnswer.shape.error.optional(),
});

/** An error of the platform, which has forms of its own. */
export const platformError = z.object({ message: z.string() });

export type Action = z.output<typeof action>;
export type Health = z.output<typeof health>;
export type JobHealth = Health["jobs"][number];
export type HealthReason = JobHealth["reasons"][number];
export type ChannelHealth = Health["channels"][number];
export type Incident = Health["incidents"][number];
export type RunStatus = Run["status"];
export type RunsPage = z.output<typeof page>;
export type { Run };
