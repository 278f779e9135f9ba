import type { Health, JobHealth, Run, RunsPage } from "../api/answers.ts";

/** When the tests look at the jobs. */
export const NOW = new Date("2026-11-22T16:20:01Z");

/** @returns an id that begins with these eight characters. */
export function idBeginning(characters: string): string {
  return `${characters}-0000-4000-8000-000000000000`;
}

/** @returns a run as job-logs answers it, by default this morning's. */
export function sampleRun(run: Partial<Run> = {}): Run {
  return {
    id: idBeginning("cb57e051"),
    jobName: "update-installment-statuses",
    startedAt: "2026-11-22T07:00:01.123456+00:00",
    completedAt: "2026-11-22T07:00:01.230456+00:00",
    status: "success",
    recordsUpdated: 93,
    agenciesUpdated: null,
    itemsTotal: 22,
    itemsProcessed: 22,
    itemsFailed: 0,
    errors: [],
    errorMessage: null,
    durationMs: 107,
    triggerSource: "cron",
    metadata: {},
    createdAt: "2026-11-22T07:00:01.123456+00:00",
    ...run,
  };
}

/** @returns runs as a page of job-logs. */
export function samplePage(
  data: Run[],
  nextCursor: string | null = null,
): RunsPage {
  return { data, meta: { count: data.length, limit: 30, nextCursor } };
}

/** @returns a job's last run, or last success, as check-job-health answers it. */
export function sampleLastRun(
  run: Partial<NonNullable<JobHealth["lastRun"]>> = {},
): NonNullable<JobHealth["lastRun"]> {
  const { id, startedAt, completedAt, durationMs, recordsUpdated } =
    sampleRun();
  return {
    id,
    startedAt,
    completedAt,
    durationMs,
    recordsUpdated,
    status: "success",
    errorMessage: null,
    triggerSource: "cron",
    itemsTotal: 22,
    failedItems: 0,
    ...run,
  };
}

/** @returns a job as check-job-health answers it, by default a healthy one. */
export function sampleJob(job: Partial<JobHealth> = {}): JobHealth {
  const { id, startedAt, completedAt, durationMs, recordsUpdated } =
    sampleLastRun();
  const lastSuccess = {
    id,
    startedAt,
    completedAt,
    durationMs,
    recordsUpdated,
  };
  return {
    jobName: "update-installment-statuses",
    registered: true,
    enabled: true,
    paused: null,
    snoozed: null,
    status: "ok",
    reasons: [],
    schedule: "0 7 * * *",
    lastRun: sampleLastRun(),
    lastSuccess,
    failingItems: [],
    hoursSinceLastRun: 9.3,
    hoursSinceLastSuccess: 9.3,
    successRate30d: 100,
    runs30d: 30,
    failedRuns30d: 0,
    ...job,
  };
}

/** @returns an answer of check-job-health, by default of a healthy project. */
export function sampleHealth(health: Partial<Health> = {}): Health {
  return {
    status: "ok",
    version: "1.0.0",
    functionsVersion: "1.0.0",
    checkedAt: "2026-11-22T16:20:00.5+00:00",
    jobs: [sampleJob()],
    system: { status: "ok", reasons: [] },
    incidents: [],
    channels: [sampleChannel()],
    delivery: null,
    ...health,
  };
}

/** @returns a channel that has nothing to do. */
export function sampleChannel(
  channel: Partial<Health["channels"][number]> = {},
): Health["channels"][number] {
  return {
    name: "slack",
    configured: true,
    reason: null,
    announcedAt: "2026-11-22T16:00:00+00:00",
    pausedUntil: null,
    pending: 0,
    oldestPendingAt: null,
    givenUp24h: 0,
    lastError: null,
    lastSentAt: "2026-11-20T07:00:05+00:00",
    ...channel,
  };
}

/** @returns a reason that is critical. */
export function sampleReason(
  reason: Partial<JobHealth["reasons"][number]> = {},
): JobHealth["reasons"][number] {
  return {
    code: "last_run_failed",
    severity: "critical",
    message: "The last run failed 9.3 hours ago: deadlock detected",
    runbook: "docs/runbooks/last-run-failed.md",
    ...reason,
  };
}
