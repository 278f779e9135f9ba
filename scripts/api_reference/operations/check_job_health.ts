import { z } from "zod";
import { databaseHeader, otherDatabase } from "../other_database.ts";
import { healthQuery } from "../../../supabase/functions/check-job-health/query.ts";
import { healthReport } from "../../../supabase/functions/check-job-health/report.ts";
import { readersErrors } from "../errors.ts";
import {
  type Answer,
  json,
  type Operation,
  READERS,
  readingCall,
} from "../operation.ts";

const report = {
  status: "critical",
  version: "1.0.0",
  functionsVersion: "1.0.0",
  checkedAt: "2026-11-22T13:40:00.123456+00:00",
  jobs: [{
    jobName: "update-installment-statuses",
    registered: true,
    enabled: true,
    paused: null,
    snoozed: null,
    status: "critical",
    reasons: [{
      code: "last_run_failed",
      severity: "critical",
      message: "The last run failed 6.7 hours ago: connection refused",
      runbook: "docs/runbooks/last-run-failed.md",
    }],
    schedule: "0 7 * * *",
    lastRun: {
      id: "cb57e051-d97d-44c6-bc39-fa6c753ed319",
      status: "failed",
      startedAt: "2026-11-22T07:00:00.051+00:00",
      completedAt: "2026-11-22T07:00:07.210+00:00",
      durationMs: 7159,
      recordsUpdated: 0,
      errorMessage: "connection refused",
      triggerSource: "cron",
      itemsTotal: null,
      failedItems: 0,
    },
    lastSuccess: {
      id: "e9bb3fa0-c0cb-4e65-92ec-df586f6467a8",
      startedAt: "2026-11-21T07:00:00.048+00:00",
      completedAt: "2026-11-21T07:00:00.155+00:00",
      durationMs: 107,
      recordsUpdated: 93,
    },
    failingItems: [],
    hoursSinceLastRun: 6.7,
    hoursSinceLastSuccess: 30.7,
    successRate30d: 96.67,
    runs30d: 30,
    failedRuns30d: 1,
  }],
  system: { status: "ok", reasons: [] },
  incidents: [{
    jobName: "update-installment-statuses",
    kind: "run_failed",
    openedAt: "2026-11-22T07:00:07.210+00:00",
    lastSeenAt: "2026-11-22T07:00:07.210+00:00",
    lastAlertedAt: "2026-11-22T07:00:07.210+00:00",
    occurrences: 1,
    reminders: 0,
    lastAlert: {
      status: "delivered",
      since: "2026-11-22T07:00:08.034+00:00",
      channels: ["slack"],
      error: null,
    },
  }],
  channels: [{
    name: "slack",
    configured: true,
    reason: null,
    announcedAt: "2026-11-22T13:00:00.201+00:00",
    pausedUntil: null,
    pending: 0,
    oldestPendingAt: null,
    givenUp24h: 0,
    lastError: null,
    lastSentAt: "2026-11-22T07:00:08.034+00:00",
  }],
  delivery: {
    finished: true,
    sent: 0,
    retried: 0,
    givenUp: 0,
    problems: [],
  },
};

export const checkJobHealth: Operation = {
  slug: "check-job-health",
  method: "get",
  summary: "Are the jobs healthy?",
  description:
    "Judges every job, raises alerts for what is critical, and delivers those " +
    "that are due. Answers 503 when something is critical, so that `curl " +
    "--fail` and every uptime monitor take notice; `HEAD` does too, but raises " +
    "and delivers nothing, as with `?dryRun=true`.",
  credentials: READERS,
  parameters: {
    query: healthQuery,
    header: z.object({ "X-Database": databaseHeader }),
  },
  answers: [
    {
      status: 200,
      when: "Nothing is critical.",
      content: [json(healthReport, {
        ...report,
        status: "ok",
        jobs: [{
          ...report.jobs[0],
          status: "ok",
          reasons: [],
          lastRun: {
            ...report.jobs[0].lastSuccess,
            status: "success",
            errorMessage: null,
            triggerSource: "cron",
            itemsTotal: 22,
            failedItems: 0,
          },
        }],
      })],
    },
    otherDatabase("Nothing was raised or sent."),
    ...readersErrors("dryRun: must be true or false").map((error) =>
      error.status === 503 ? alsoWhenCritical(error) : error
    ),
  ],
  calls: [
    readingCall(
      "Read only, and change nothing",
      "check-job-health?dryRun=true",
    ),
    readingCall(
      "With the last 60 runs of each job, and the last 50 incidents",
      "check-job-health?dryRun=true&recentRuns=60&incidentLog=50",
    ),
    {
      purpose: "Check, and fail when something is critical",
      command: 'curl --fail "$FUNCTIONS_URL/check-job-health" \\\n' +
        '  -H "X-API-Key: $JOBS_READ_KEY"',
    },
  ],
};

/** The status 503 has two very different meanings. */
function alsoWhenCritical(error: Answer): Answer {
  return {
    ...error,
    when: "Something is critical, and the body is the report; or, with " +
      "`error` in the body, the health could not be read.",
    content: [json(healthReport.or(error.content[0].schema), report)],
  };
}
