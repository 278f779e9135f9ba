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
    help: "Runs that ended, by how they ended (success or failed).",
    series: ({ jobs }) =>
      jobs.flatMap(({ jobName, successes, failures }) => [
        { labels: { job_name: jobName, status: "success" }, value: successes },
        { labels: { job_name: jobName, status: "failed" }, value: failures },
      ]),
  },
  {
    name: "duewatch_run_duration_seconds_total",
    type: "counter",
    labels: ["job_name"],
    help:
      "Time that runs took, failed ones included. Its increase divided by " +
      "that of duewatch_runs_total is the mean.",
    series: perJob(({ durationMs }) => seconds(durationMs)),
  },
  {
    name: "duewatch_records_updated_total",
    type: "counter",
    labels: ["job_name"],
    help: "Records that runs updated, failed runs included: what they did " +
      "stays.",
    series: perJob(({ recordsUpdated }) => recordsUpdated),
  },
  {
    name: "duewatch_failed_items_total",
    type: "counter",
    labels: ["job_name"],
    help: "Items, such as agencies, that failed inside runs. They grow while " +
      "runs still succeed.",
    series: perJob(({ failedItems }) => failedItems),
  },
  {
    name: "duewatch_running",
    type: "gauge",
    labels: ["job_name"],
    help: "Runs that are under way.",
    series: perJob(({ running }) => running),
  },
  {
    name: "duewatch_last_run_timestamp_seconds",
    type: "gauge",
    labels: ["job_name"],
    help: "When the last run that has ended started. Absent until one has.",
    series: perJob(({ lastRunAt }) => timestamp(lastRunAt)),
  },
  {
    name: "duewatch_last_run_succeeded",
    type: "gauge",
    labels: ["job_name"],
    help: "Whether the last run that has ended succeeded (1) or failed (0).",
    series: perJob(({ lastRunSucceeded }) =>
      lastRunSucceeded === null ? null : Number(lastRunSucceeded)
    ),
  },
  {
    name: "duewatch_last_run_duration_seconds",
    type: "gauge",
    labels: ["job_name"],
    help: "How long the last run that has ended took.",
    series: perJob(({ lastRunDurationMs }) => seconds(lastRunDurationMs)),
  },
  {
    name: "duewatch_last_success_timestamp_seconds",
    type: "gauge",
    labels: ["job_name"],
    help:
      "When the last run that succeeded started. Its age is what to alert " +
      "on: it grows whatever keeps the job from running.",
    series: perJob(({ lastSuccessAt }) => timestamp(lastSuccessAt)),
  },
  {
    name: "duewatch_expected_interval_seconds",
    type: "gauge",
    labels: ["job_name"],
    help:
      "How old the last success may become before a run is missed. Absent " +
      "for jobs that are not registered.",
    series: perJob(({ expectedIntervalSeconds }) => expectedIntervalSeconds),
  },
  {
    name: "duewatch_job_health",
    type: "gauge",
    labels: ["job_name", "status"],
    help: "1 for the status that the job has (ok, warning or critical) and 0 " +
      "for the others. The same judgement as that of check-job-health.",
    series: ({ health }) =>
      health.flatMap((job) =>
        STATUSES.map((status) => ({
          labels: { job_name: job.jobName, status },
          value: Number(job.status === status),
        }))
      ),
  },
  {
    name: "duewatch_alerts_pending",
    type: "gauge",
    labels: ["channel"],
    help: "Alerts that wait to be sent.",
    series: perChannel(({ pending }) => pending),
  },
  {
    name: "duewatch_alert_oldest_pending_seconds",
    type: "gauge",
    labels: ["channel"],
    help:
      "How long the oldest alert has waited; 0 when none waits. Above 900, " +
      "alerts do not reach anyone.",
    series: perChannel(({ oldestPendingSeconds }) => oldestPendingSeconds),
  },
  {
    name: "duewatch_alerts_given_up_24h",
    type: "gauge",
    labels: ["channel"],
    help: "Alerts that were given up in the last 24 hours.",
    series: perChannel(({ givenUp24h }) => givenUp24h),
  },
];

function perJob(value: (job: JobCounters) => number | null): Metric["series"] {
  return ({ jobs }) =>
    jobs.flatMap((job) => known({ job_name: job.jobName }, value(job)));
}

function perChannel(
  value: (channel: Counters["alerts"][number]) => number,
): Metric["series"] {
  return ({ alerts }) =>
    alerts.flatMap((backlog) =>
      known({ channel: backlog.channel }, value(backlog))
    );
}

function known(labels: Series["labels"], value: number | null): Series[] {
  return value === null ? [] : [{ labels, value }];
}

function seconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : milliseconds / 1000;
}

function timestamp(instant: string | null): number | null {
  return instant === null ? null : Date.parse(instant) / 1000;
}
