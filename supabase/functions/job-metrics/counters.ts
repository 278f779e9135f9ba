import { z } from "zod";
import { count } from "../_shared/http/fields.ts";
import { callChecked } from "../_shared/rpc/call.ts";
import type { CallRpc } from "../_shared/rpc/client.ts";
import { row } from "../_shared/rpc/row.ts";
import { channelBacklog, jobStatus } from "./metrics.ts";

/** What one job has done since the beginning, and how it is now. */
const jobCounters = z.object({
  jobName: z.string(),
  successes: count,
  failures: count,
  cancelled: count,
  recordsUpdated: count,
  durationMs: count,
  failedItems: count,
  running: count,
  /** The last run that has ended and was not cancelled; null without one. */
  lastRunAt: z.string().nullable(),
  lastRunSucceeded: z.boolean().nullable(),
  lastRunDurationMs: z.number().nullable(),
  lastSuccessAt: z.string().nullable(),
  /** Null for a job that is not registered. */
  expectedIntervalSeconds: z.number().nullable(),
});

const counters = z.object({
  jobs: z.array(jobCounters),
  health: z.array(jobStatus.pick({ jobName: true, status: true })),
  alerts: z.array(channelBacklog),
});

/** What Prometheus scrapes. */
export type Counters = z.output<typeof counters>;

export type JobCounters = z.output<typeof jobCounters>;

/** @returns the totals and the present state of all jobs. */
export function readCounters(callRpc: CallRpc): Promise<Counters> {
  return callChecked(callRpc, "get_job_counters", {}, row(counters));
}

/** @returns what concerns one job: all channels, and the job if there is one. */
export function countersOfJob(counters: Counters, jobName: string): Counters {
  const isIt = (row: { readonly jobName: string }) => row.jobName === jobName;
  return {
    jobs: counters.jobs.filter(isIt),
    health: counters.health.filter(isIt),
    alerts: counters.alerts,
  };
}
