// The expected numbers of a log, calculated from its runs one by one, without the
// database: whole numbers and fractions of them, rounded once at the end.
import { DAY, HOUR, type Instant, isoOf } from "./instant.ts";
import type { LoggedRun } from "./logged_run.ts";

/** Runs that started in `[from, to)`. */
export interface Window {
  readonly from: Instant;
  readonly to: Instant;
}

/** @returns the row of `jobs` that a job has in job-metrics. */
export function summaryOf(
  jobName: string,
  history: readonly LoggedRun[],
  window: Window,
  now: Instant,
) {
  const all = byStart(history.filter((run) => run.jobName === jobName));
  const runs = all.filter(isIn(window));
  const ended = runs.filter(({ status }) => status !== "running");
  const durations = successDurations(runs);
  const last = all.findLast(({ startedAt }) => startedAt <= now);
  const lastSuccess = all.findLast(({ status, startedAt }) =>
    status === "success" && startedAt <= now
  );
  return {
    jobName,
    runs: runs.length,
    successes: durations.length,
    failures: ended.length - durations.length,
    cancelled: 0,
    running: runs.length - ended.length,
    successRate: ratio(100n * BigInt(durations.length), ended.length, 2),
    recordsUpdated: recordsOf(runs),
    durationAvgMs: ratio(sum(durations), durations.length, 1),
    durationP50Ms: percentile(durations, 50n),
    durationP95Ms: percentile(durations, 95n),
    durationP99Ms: percentile(durations, 99n),
    durationMaxMs: durations.length === 0 ? null : Number(durations.at(-1)),
    lastRunAt: last === undefined ? null : isoOf(last.startedAt),
    lastRunStatus: last?.status ?? null,
    lastRunDurationMs: last === undefined ? null : durationOf(last),
    lastSuccessAt: lastSuccess === undefined
      ? null
      : isoOf(lastSuccess.startedAt),
    hoursSinceLastSuccess: lastSuccess === undefined
      ? null
      : rounded(now - lastSuccess.startedAt, HOUR, 1),
  };
}

/** @returns the rows of `daily`, by day and by name. */
export function dailyOf(history: readonly LoggedRun[], window: Window) {
  const groups = Map.groupBy(
    history.filter(isIn(window)),
    ({ startedAt, jobName }) =>
      `${isoOf(startedAt - startedAt % DAY)} ${jobName}`,
  );
  return [...groups].sort(([a], [b]) => compare(a, b)).map(([key, runs]) => {
    const [time, jobName] = key.split(" ");
    const durations = successDurations(runs);
    return {
      time,
      jobName,
      runs: runs.length,
      successes: durations.length,
      failures: runs.filter(({ status }) => status === "failed").length,
      cancelled: 0,
      recordsUpdated: recordsOf(runs),
      durationAvgMs: ratio(sum(durations), durations.length, 1),
    };
  });
}

/** @returns the rows of `runs`: the latest 500, the oldest of them first. */
export function pointsOf(history: readonly LoggedRun[], window: Window) {
  return byStart(history.filter(isIn(window))).slice(-500).map((run) => ({
    time: isoOf(run.startedAt),
    id: run.id,
    jobName: run.jobName,
    status: run.status,
    durationMs: durationOf(run),
    recordsUpdated: run.recordsUpdated ?? 0,
    triggerSource: run.triggerSource,
    errorMessage: run.errorMessage === null
      ? null
      : [...run.errorMessage].slice(0, 300).join(""),
  }));
}

/** @returns the rows of `agencies`: job by job, the largest sum first. */
export function agenciesOf(history: readonly LoggedRun[], window: Window) {
  const results = history.filter(isIn(window)).flatMap((
    { jobName, agencies },
  ) => (agencies ?? []).map((result) => ({ jobName, ...result })));
  const groups = Map.groupBy(
    results,
    ({ jobName, agency_id }) => `${jobName} ${agency_id}`,
  );
  return [...groups].map(([key, group]) => {
    const [jobName, agencyId] = key.split(" ");
    const transitions: Record<string, number> = {};
    for (const result of group) {
      for (const [name, count] of Object.entries(result.transitions)) {
        transitions[name] = (transitions[name] ?? 0) + count;
      }
    }
    return {
      jobName,
      agencyId,
      runs: group.length,
      updatedCount: group.reduce((n, result) => n + result.updated_count, 0),
      transitions,
    };
  }).sort((a, b) =>
    compare(a.jobName, b.jobName) || b.updatedCount - a.updatedCount ||
    compare(a.agencyId, b.agencyId)
  );
}

/** What a job has done since the beginning, in the units of Prometheus. */
export function totalsOf(jobName: string, history: readonly LoggedRun[]) {
  const ended = history.filter((run) =>
    run.jobName === jobName && run.status !== "running"
  );
  return {
    successes: ended.filter(({ status }) => status === "success").length,
    failures: ended.filter(({ status }) => status === "failed").length,
    recordsUpdated: recordsOf(ended),
    seconds: ended.reduce((ms, run) => ms + (durationOf(run) ?? 0), 0) / 1000,
    failedItems: ended.reduce((n, { errors }) => n + (errors?.length ?? 0), 0),
  };
}

/**
 * @returns what is left when runs older than an instant are deleted: all that
 *   run, and of each job the last run and the last success.
 */
export function prunedAt(
  history: readonly LoggedRun[],
  before: Instant,
): LoggedRun[] {
  return history.filter((run) => {
    if (run.startedAt >= before || run.status === "running") return true;
    const later = history.filter(({ jobName, startedAt }) =>
      jobName === run.jobName && startedAt > run.startedAt
    );
    return run.status === "success"
      ? later.every(({ status }) => status !== "success")
      : later.length === 0;
  });
}

function isIn({ from, to }: Window) {
  return ({ startedAt }: LoggedRun) => startedAt >= from && startedAt < to;
}

function byStart(runs: readonly LoggedRun[]): LoggedRun[] {
  return runs.toSorted((a, b) =>
    Number(a.startedAt - b.startedAt) || compare(a.id, b.id)
  );
}

function recordsOf(runs: readonly LoggedRun[]): number {
  return runs.reduce((n, run) => n + (run.recordsUpdated ?? 0), 0);
}

/** In milliseconds. */
function durationOf({ startedAt, completedAt }: LoggedRun): number | null {
  return completedAt === null
    ? null
    : rounded(completedAt - startedAt, 1000n, 0);
}

/** In milliseconds, the shortest first. */
function successDurations(runs: readonly LoggedRun[]): bigint[] {
  return runs
    .filter(({ status }) => status === "success")
    .map((run) => BigInt(durationOf(run) ?? 0))
    .sort((a, b) => Number(a - b));
}

/** Lies between the two values around `percent` of the way. */
function percentile(sorted: readonly bigint[], percent: bigint): number | null {
  if (sorted.length === 0) return null;
  const way = percent * BigInt(sorted.length - 1);
  const low = sorted[Number(way / 100n)];
  const high = sorted[Math.min(Number(way / 100n) + 1, sorted.length - 1)];
  return rounded(100n * low + way % 100n * (high - low), 100n, 1);
}

function ratio(
  dividend: bigint,
  divisor: number,
  decimals: number,
): number | null {
  return divisor === 0 ? null : rounded(dividend, BigInt(divisor), decimals);
}

/** A quotient of numbers above 0, rounded half up. */
function rounded(dividend: bigint, divisor: bigint, decimals: number): number {
  const scale = 10n ** BigInt(decimals);
  const scaled = (2n * dividend * scale + divisor) / (2n * divisor);
  return Number(scaled) / Number(scale);
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
