import { z } from "zod";
import {
  count,
  healthReason,
  healthStatus,
  instantField,
  runStatus,
} from "../_shared/http/fields.ts";

const lastSuccess = z.object({
  id: z.guid(),
  startedAt: instantField,
  completedAt: instantField.nullable(),
  durationMs: z.number().nullable(),
  recordsUpdated: count.nullable(),
});

const lastRun = lastSuccess.extend({
  status: runStatus,
  errorMessage: z.string().nullable(),
  triggerSource: z.string().nullable(),
  itemsTotal: count.nullable(),
  failedItems: count.describe("How many of its items failed."),
});

const failingItem = z.object({
  id: z.string(),
  name: z.string().nullable(),
  error: z.string().nullable(),
  failures: count.describe("In how many runs in a row."),
  failingSince: instantField,
});

/** Why, and until when, nothing starts a job or alerts about it. */
const inForce = z.object({
  reason: z.string(),
  requestedBy: z.string().describe("Who asked for it."),
  requestedAt: instantField,
  until: instantField.nullable().describe("Null: until somebody ends it."),
});

const job = z.object({
  jobName: z.string(),
  registered: z.boolean(),
  enabled: z.boolean(),
  paused: inForce.nullable().describe("Null when pg_cron starts it."),
  snoozed: inForce.nullable().describe("Null when it may alert."),
  status: healthStatus,
  reasons: z.array(healthReason),
  schedule: z.string().nullable().describe("The cron expression, in UTC."),
  lastRun: lastRun.nullable(),
  lastSuccess: lastSuccess.nullable(),
  failingItems: z.array(failingItem)
    .describe("The first that failed in at least two runs in a row."),
  hoursSinceLastRun: z.number().nullable(),
  hoursSinceLastSuccess: z.number().nullable(),
  successRate30d: z.number().nullable()
    .describe("Percent of the runs of 30 days that ended."),
  runs30d: count,
  failedRuns30d: count,
});

const alertOutcome = z.object({
  status: z.enum(["delivered", "waiting", "given_up", "no_channel"]),
  since: instantField,
  channels: z.array(z.string())
    .describe("Those that delivered it, that it waits for, or that gave up."),
  error: z.string().nullable(),
});

const incident = z.object({
  jobName: z.string(),
  kind: z.string().describe("The kind of its alerts: run_failed, …"),
  openedAt: instantField,
  lastSeenAt: instantField,
  lastAlertedAt: instantField
    .describe("A reminder follows 24 hours later."),
  occurrences: count,
  reminders: count,
  lastAlert: alertOutcome.nullable()
    .describe("Whether that alert has reached people; null once pruned."),
});

const channel = z.object({
  name: z.string(),
  announcedAt: instantField,
  pausedUntil: instantField.nullable(),
  pending: count,
  oldestPendingAt: instantField.nullable(),
  givenUp24h: count,
  lastError: z.string().nullable(),
  lastSentAt: instantField.nullable(),
});

/** What `get_job_health` answers, with keys in camelCase. */
export const jobHealth = z.object({
  status: healthStatus.describe("The worst of all."),
  version: z.string().describe("The installed version of Duewatch."),
  checkedAt: instantField,
  jobs: z.array(job),
  system: z.object({ status: healthStatus, reasons: z.array(healthReason) })
    .describe("What all jobs depend on."),
  incidents: z.array(incident)
    .describe("Problems that were reported and are not over, oldest first."),
  channels: z.array(channel),
});

const delivery = z.object({
  channel: z.string(),
  status: z.enum(["pending", "sent", "given_up"]),
  attempts: count,
  queuedAt: instantField,
  finishedAt: instantField.nullable().describe("When it was sent or given up."),
  lastError: z.string().nullable(),
});

const raisedAlert = z.object({
  id: z.guid(),
  kind: z.string(),
  runId: z.guid().nullable(),
  raisedAt: instantField,
  reminder: count.describe("0 for the first alert, n for the n-th reminder."),
  deliveries: z.array(delivery),
});

/** An incident with all that was said of it. */
export const loggedIncident = incident.omit({ lastAlert: true }).extend({
  id: z.guid(),
  closedAt: instantField.nullable().describe("Null while it is open."),
  alerts: z.array(raisedAlert).describe("Oldest first; the last 50."),
});

/** A run as a bar of a chart. */
export const recentRun = z.object({
  id: z.guid(),
  startedAt: instantField,
  status: runStatus,
  durationMs: z.number().nullable(),
  recordsUpdated: count,
  itemsTotal: count.nullable(),
  itemsProcessed: count.nullable(),
  itemsFailed: count,
  triggerSource: z.string().nullable(),
});

/** The last runs of one job, oldest first. */
export const recentRunsOfJob = z.object({
  jobName: z.string(),
  runs: z.array(recentRun),
});

const explainedReason = healthReason.extend({
  runbook: z.string().describe("The address or the path of that page."),
});

/** How one job is. */
export const jobReport = job.extend({
  reasons: z.array(explainedReason),
  recentRuns: z.array(recentRun).optional()
    .describe("With `recentRuns`: the last runs, oldest first."),
});

const channelReport = z.object({
  name: z.string(),
  configured: z.boolean().describe("Whether this function can send to it."),
  reason: z.string().nullable().describe("Why it cannot."),
  ...channel.omit({ name: true }).shape,
  announcedAt: instantField.nullable().describe(
    "When a process, this or another, last offered to send to it.",
  ),
});

const deliveryReport = z.object({
  finished: z.boolean()
    .describe("Whether nothing more was due when this was answered."),
  sent: count,
  retried: count.describe("Attempts after which an alert waits for another."),
  givenUp: count,
  problems: z.array(z.string())
    .describe("Sentences; none when the outbox works."),
});

/** What check-job-health answers. */
export const healthReport = jobHealth.extend({
  functionsVersion: z.string().describe(
    "The version of the functions; `version` is that of the database.",
  ),
  jobs: z.array(jobReport),
  system: jobHealth.shape.system.extend({ reasons: z.array(explainedReason) })
    .describe("What all jobs depend on."),
  channels: z.array(channelReport),
  incidentLog: z.array(loggedIncident).optional().describe(
    "With `incidentLog`: the open incidents, then the latest that are over.",
  ),
  delivery: deliveryReport.nullable()
    .describe("What was sent; null when nothing was to be sent."),
});

export type LoggedIncident = z.output<typeof loggedIncident>;
export type RecentRun = z.output<typeof recentRun>;
export type JobHealth = z.output<typeof jobHealth>;
export type ChannelHealth = z.output<typeof channel>;
export type HealthReason = z.output<typeof healthReason>;
export type HealthReport = z.output<typeof healthReport>;
export type ChannelReport = z.output<typeof channelReport>;
export type DeliveryReport = z.output<typeof deliveryReport>;
