import { z } from "zod";
import { metrics } from "../../../supabase/functions/job-metrics/metrics.ts";
import { metricsQuery } from "../../../supabase/functions/job-metrics/query.ts";
import { errorAnswer, readersErrors, unknownJob } from "../errors.ts";
import { json, type Operation, READERS, readingCall } from "../operation.ts";

const JOB = "update-installment-statuses";

const exposition = z.string().describe(
  "The text format of Prometheus; docs/reference/metrics.md lists the metrics.",
);

export const jobMetrics: Operation = {
  slug: "job-metrics",
  method: "get",
  summary: "How did the jobs do?",
  description:
    "Numbers of the runs that started in a window of time: success rate, " +
    "durations, records, per job, day, run and agency; and how the jobs are " +
    "now. The tables are flat arrays, each row with its `jobName` and, in a " +
    "series, its `time`, so that Grafana's Infinity source reads each with a " +
    "root selector and nothing else.\n\n" +
    "Asked for text, it answers Prometheus with [counters and " +
    "gauges](../metrics.md), which have no window.",
  credentials: READERS,
  parameters: { query: metricsQuery },
  answers: [
    {
      status: 200,
      when: "The numbers, in the format that was asked for.",
      content: [
        json(metrics, {
          checkedAt: "2026-11-22T13:40:00.123456+00:00",
          from: "2026-11-15T13:40:00.121+00:00",
          to: "2026-11-22T13:40:00.123456+00:00",
          jobs: [{
            jobName: JOB,
            runs: 7,
            successes: 6,
            failures: 1,
            cancelled: 0,
            running: 0,
            successRate: 85.71,
            recordsUpdated: 431,
            durationAvgMs: 118.3,
            durationP50Ms: 112,
            durationP95Ms: 158.5,
            durationP99Ms: 164.9,
            durationMaxMs: 166,
            lastRunAt: "2026-11-22T07:00:00.051+00:00",
            lastRunStatus: "success",
            lastRunDurationMs: 107,
            lastSuccessAt: "2026-11-22T07:00:00.051+00:00",
            hoursSinceLastSuccess: 6.7,
          }],
          daily: [{
            time: "2026-11-22T00:00:00+00:00",
            jobName: JOB,
            runs: 1,
            successes: 1,
            failures: 0,
            cancelled: 0,
            recordsUpdated: 93,
            durationAvgMs: 107,
          }],
          runs: [{
            time: "2026-11-22T07:00:00.051+00:00",
            id: "cb57e051-d97d-44c6-bc39-fa6c753ed319",
            jobName: JOB,
            status: "success",
            durationMs: 107,
            recordsUpdated: 93,
            triggerSource: "cron",
            errorMessage: null,
          }],
          agencies: [{
            jobName: JOB,
            agencyId: "4d4a66a6-3c0f-4b3a-9a56-0f7f9d4c6f10",
            runs: 6,
            updatedCount: 58,
            transitions: { pending_to_overdue: 58 },
          }],
          health: [{
            jobName: JOB,
            status: "warning",
            reasons: [{
              code: "success_rate_low",
              severity: "warning",
              message: "93.3 % of the 30 runs of the last 30 days " +
                "succeeded and 2 failed; at least 95 % is expected.",
            }],
          }],
          alerts: [{
            channel: "slack",
            pending: 0,
            oldestPendingSeconds: 0,
            givenUp24h: 0,
          }],
        }),
        {
          type: "text/plain",
          schema: exposition,
          example:
            "# HELP duewatch_runs_total Runs that ended, by how they ended " +
            "(success, failed or cancelled).\n# TYPE duewatch_runs_total counter\n" +
            `duewatch_runs_total{job_name="${JOB}",status="success"} 412\n`,
        },
        {
          type: "application/openmetrics-text",
          schema: exposition,
          example:
            "# HELP duewatch_runs Runs that ended, by how they ended (success " +
            "or failed).\n# TYPE duewatch_runs counter\n" +
            `duewatch_runs_total{job_name="${JOB}",status="success"} 412\n` +
            "# EOF\n",
        },
      ],
    },
    ...readersErrors("days: must be a whole number from 1 to 365"),
    errorAnswer(unknownJob),
  ],
  calls: [
    readingCall("All jobs, the last 30 days", "job-metrics"),
    readingCall("One job, the last week", `job-metrics?jobName=${JOB}&days=7`),
    readingCall(
      "A month",
      "job-metrics?from=2026-10-01T00:00:00Z&to=2026-11-01T00:00:00Z",
    ),
    {
      purpose: "What Prometheus reads",
      command: 'curl "$FUNCTIONS_URL/job-metrics?format=prometheus" \\\n' +
        '  -H "Authorization: Bearer $JOBS_READ_KEY"',
    },
  ],
};
