import { z } from "zod";
import {
  count,
  healthReason,
  healthStatus,
  instantField,
  runStatus,
} from "../_shared/http/fields.ts";
import { callChecked } from "../_shared/rpc/call.ts";
import type { CallRpc } from "../_shared/rpc/client.ts";
import { row } from "../_shared/rpc/row.ts";
import type { Window } from "./query.ts";

const milliseconds = z.number().min(0).nullable();

/** What one job's runs in the window add up to. */
export const jobSummary = z.object({
  jobName: z.string(),
  runs: count.describe("Runs that started in the window."),
  successes: count,
  failures: count.describe("Without the cancelled ones."),
  cancelled: count.describe("Runs that somebody cancelled."),
  running: count,
  successRate: z.number().min(0).max(100).nullable()
    .describe(
      "Percent of the runs that ended, without cancelled ones; null when none " +
        "has.",
    ),
  recordsUpdated: count.describe("By all runs, failed ones included."),
  durationAvgMs: milliseconds.describe("Of the runs that succeeded."),
  durationP50Ms: milliseconds.describe("The median, interpolated."),
  durationP95Ms: milliseconds,
  durationP99Ms: milliseconds,
  durationMaxMs: milliseconds,
  lastRunAt: instantField.nullable()
    .describe("When the last run started, in the window or before it."),
  lastRunStatus: runStatus.nullable(),
  lastRunDurationMs: milliseconds,
  lastSuccessAt: instantField.nullable(),
  hoursSinceLastSuccess: z.number().nullable(),
});

/** One job's runs of one day. */
export const dailyRuns = z.object({
  time: instantField.describe("The day's beginning in UTC."),
  jobName: z.string(),
  runs: count,
  successes: count,
  failures: count,
  cancelled: count,
  recordsUpdated: count,
  durationAvgMs: milliseconds.describe("Of the runs that succeeded."),
});

/** One run, as a point in a series. */
export const runPoint = z.object({
  time: instantField.describe("When it started."),
  id: z.guid(),
  jobName: z.string(),
  status: runStatus,
  durationMs: milliseconds.describe("Null while it is running."),
  recordsUpdated: count,
  triggerSource: z.string().nullable(),
  errorMessage: z.string().nullable().describe(
    "Its first 300 characters; with a read key, only the kind of error.",
  ),
});

/** What one job's runs changed for one agency. */
export const agencyTotal = z.object({
  jobName: z.string(),
  agencyId: z.string().describe(
    "With a read key, a hash in place of an id that is no UUID.",
  ),
  runs: count.describe("Runs that changed something for it."),
  updatedCount: count.describe("The sum of its transitions."),
  transitions: z.record(z.string(), count),
});

/** How one job is; the same judgement as that of check-job-health. */
export const jobStatus = z.object({
  jobName: z.string(),
  status: healthStatus,
  reasons: z.array(healthReason),
});

/** The alerts of one channel that have not arrived. */
export const channelBacklog = z.object({
  channel: z.string(),
  pending: count,
  oldestPendingSeconds: z.number().min(0),
  givenUp24h: count,
});

/** The numbers of the jobs: flat tables, as dashboards read them. */
export const metrics = z.object({
  checkedAt: instantField,
  from: instantField.describe("The window, inclusive."),
  to: instantField.describe("The window's end, exclusive."),
  jobs: z.array(jobSummary),
  daily: z.array(dailyRuns)
    .describe("By day; days without a run are left out."),
  runs: z.array(runPoint)
    .describe("The latest 500 of the window, the oldest of them first."),
  agencies: z.array(agencyTotal).describe(
    "Job by job, the largest sum first.",
  ),
  health: z.array(jobStatus)
    .describe("Registered jobs, and others with an open incident."),
  alerts: z.array(channelBacklog),
});

export type Metrics = z.output<typeof metrics>;

/**
 * @param withDetails whether errors are in them; off for a read key.
 * @returns the numbers of one job or of all.
 */
export function readMetrics(
  callRpc: CallRpc,
  jobName: string | undefined,
  { fromAt, toAt }: Window,
  withDetails: boolean,
): Promise<Metrics> {
  const args = {
    job_name: jobName,
    from_at: fromAt,
    to_at: toAt,
    ...!withDetails && { with_details: false },
  };
  const answer = row(metrics, { items: "agencies", item_id: "agencyId" });
  return callChecked(callRpc, "get_job_metrics", args, answer);
}
