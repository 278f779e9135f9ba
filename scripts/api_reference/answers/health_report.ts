import { z } from "zod";

const status = z.enum(["ok", "warning", "critical"]);
const moment = z.string().meta({ format: "date-time" });
const count = z.int().min(0);

const reason = z.object({
  code: z.string().describe("Stable; its page is in docs/runbooks."),
  severity: z.enum(["warning", "critical"]),
  message: z.string(),
  runbook: z.string().describe("The address or the path of that page."),
});

const lastSuccess = z.object({
  id: z.guid(),
  startedAt: moment,
  completedAt: moment.nullable(),
  durationMs: z.number().nullable(),
  recordsUpdated: count.nullable(),
});

const lastRun = lastSuccess.extend({
  status: z.enum(["running", "success", "failed"]),
  errorMessage: z.string().nullable(),
  triggerSource: z.string().nullable(),
});

/** How one job is. */
export const jobReport = z.object({
  jobName: z.string(),
  registered: z.boolean(),
  enabled: z.boolean(),
  status,
  reasons: z.array(reason),
  schedule: z.string().nullable().describe("The cron expression, in UTC."),
  lastRun: lastRun.nullable(),
  lastSuccess: lastSuccess.nullable(),
  hoursSinceLastRun: z.number().nullable(),
  hoursSinceLastSuccess: z.number().nullable(),
  successRate30d: z.number().nullable()
    .describe("Percent of the runs of 30 days that ended."),
  runs30d: count,
  failedRuns30d: count,
});

const incidentReport = z.object({
  jobName: z.string(),
  kind: z.string().describe("The kind of its alerts: run_failed, …"),
  openedAt: moment,
  lastSeenAt: moment,
  lastAlertedAt: moment.describe("A reminder follows 24 hours later."),
  occurrences: count,
  reminders: count,
});

const channelReport = z.object({
  name: z.string(),
  configured: z.boolean().describe("Whether this function can send to it."),
  reason: z.string().nullable().describe("Why it cannot."),
  announcedAt: moment.nullable(),
  pausedUntil: moment.nullable(),
  pending: count,
  oldestPendingAt: moment.nullable(),
  givenUp24h: count,
  lastError: z.string().nullable(),
  lastSentAt: moment.nullable(),
});

const delivery = z.object({
  finished: z.boolean().describe("Whether nothing more was due."),
  sent: count,
  retried: count,
  givenUp: count,
  problems: z.array(z.string()),
});

/** What check-job-health answers. */
export const healthReport = z.object({
  status: status.describe("The worst of all."),
  checkedAt: moment,
  jobs: z.array(jobReport),
  system: z.object({ status, reasons: z.array(reason) })
    .describe("What all jobs depend on."),
  incidents: z.array(incidentReport)
    .describe("What people were told of and is not over, oldest first."),
  channels: z.array(channelReport),
  delivery: delivery.nullable()
    .describe("What was sent; null when nothing was to be."),
});
