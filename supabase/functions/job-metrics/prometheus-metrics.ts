import type { Counters, JobCounters } from "./counters.ts";

/** One value of a metric. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric, named and typed after Prometheus' own practices. */
export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly labels: readonly string[];
  readonly help: string;
  /** Its values; an unknown value is left out. */
  readonly series: (counters: Counters) => readonly Series[];
}

const STATUSES = ["ok", "warning", "critical"] as const;

/**
 * The metrics, in the order in which they are exposed.
 * docs/reference/metrics.md lists them.
 */
export const METRICS: readonly Metric[] = [
  {
    name: "duewatch_runs_total",
    type: "counter",
    labels: ["job_name", "status"],
    help: "Runs that have ended, by status (success, failed or cancelled).",
    series: ({ jobs }) =>
      jobs.flatMap(({ jobName, successes, failures, cancelled }) => [
        { labels: { job_name: jobName, status: "success" }, value: successes },
        { labels: { job_name: jobName, status: "failed" }, value: failures },
        {
          labels: { job_name: jobName, status: "cancelled" },
          value: cancelled,
        },
      ]),
  },
  perJob(
    "counter",
    "duewatch_run_duration_seconds_total",
    "Duration of all runs, failed ones included. Its increase divided by " +
      "that of duewatch_runs_total is the mean.",
    ({ durationMs }) => seconds(durationMs),
  ),
  perJob(
    "counter",
    "duewatch_records_updated_total",
    "Records that runs updated, failed runs included, because their " +
      "changes stay.",
    ({ recordsUpdated }) => recordsUpdated,
  ),
  perJob(
    "counter",
    "duewatch_failed_items_total",
    "Items, such as agencies, that failed inside runs. It can grow while " +
      "runs succeed.",
    ({ failedItems }) => failedItems,
  ),
  perJob(
    "gauge",
    "duewatch_running",
    "Runs that are under way.",
    ({ running }) => running,
  ),
  perJob(
    "gauge",
    "duewatch_last_run_timestamp_seconds",
    "When the last run that has ended started. Absent until a run has ended.",
    ({ lastRunAt }) => timestamp(lastRunAt),
  ),
  perJob(
    "gauge",
    "duewatch_last_run_succeeded",
    "Whether the last run that has ended succeeded (1) or failed (0). " +
      "Cancelled runs are left out.",
    ({ lastRunSucceeded }) =>
      lastRunSucceeded === null ? null : Number(lastRunSucceeded),
  ),
  perJob(
    "gauge",
    "duewatch_last_run_duration_seconds",
    "How long the last run that has ended took.",
    ({ lastRunDurationMs }) => seconds(lastRunDurationMs),
  ),
  perJob(
    "gauge",
    "duewatch_last_success_timestamp_seconds",
    "When the last successful run started. Alert on its age, which grows " +
      "whatever keeps the job from running.",
    ({ lastSuccessAt }) => timestamp(lastSuccessAt),
  ),
  perJob(
    "gauge",
    "duewatch_expected_interval_seconds",
    "How old the last success can become before a run is missed. Absent " +
      "for jobs that are not registered.",
    ({ expectedIntervalSeconds }) => expectedIntervalSeconds,
  ),
  {
    name: "duewatch_job_health",
    type: "gauge",
    labels: ["job_name", "status"],
    help:
      "1 for the current status of the job (ok, warning or critical) and 0 " +
      "for the others, as in check-job-health.",
    series: ({ health }) =>
      health.flatMap((job) =>
        STATUSES.map((status) => ({
          labels: { job_name: job.jobName, status },
          value: Number(job.status === status),
        }))
      ),
  },
  perChannel(
    "duewatch_alerts_pending",
    "Alerts that are not sent yet.",
    ({ pending }) => pending,
  ),
  perChannel(
    "duewatch_alert_oldest_pending_seconds",
    "Age of the oldest alert that is not sent yet, or 0. Above 900, alerts " +
      "do not reach anyone.",
    ({ oldestPendingSeconds }) => oldestPendingSeconds,
  ),
  perChannel(
    "duewatch_alerts_given_up_24h",
    "Alerts that were given up in the last 24 hours.",
    ({ givenUp24h }) => givenUp24h,
  ),
];

/** A metric with one value per job; null for none. */
function perJob(
  type: Metric["type"],
  name: string,
  help: string,
  value: (job: JobCounters) => number | null,
): Metric {
  const series = ({ jobs }: Counters) =>
    jobs.flatMap((job) => point({ job_name: job.jobName }, value(job)));
  return { name, type, help, labels: ["job_name"], series };
}

/** A gauge with one value per channel. */
function perChannel(
  name: string,
  help: string,
  value: (channel: Counters["alerts"][number]) => number,
): Metric {
  const series = ({ alerts }: Counters) =>
    alerts.flatMap((each) => point({ channel: each.channel }, value(each)));
  return { name, type: "gauge", help, labels: ["channel"], series };
}

function point(labels: Series["labels"], value: number | null): Series[] {
  return value === null ? [] : [{ labels, value }];
}

function seconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1000;
}

function timestamp(instant: string | null): number | null {
  return instant === null ? null : Date.parse(instant) / 1000;
}
