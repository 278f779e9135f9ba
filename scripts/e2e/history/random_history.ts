import type { Random } from "../../testing/seeded_random.ts";
import { DAY, HOUR, type Instant, MINUTE } from "./instant.ts";
import type { AgencyResult, LoggedRun } from "./logged_run.ts";

/** How the runs of a job come about. */
interface JobHabits {
  readonly jobName: string;
  /** How many runs there are. */
  readonly runs: number;
  /** The first of them is so old at least. */
  readonly since: bigint;
  /** The last of them is so old at least. */
  readonly until: bigint;
  readonly status: (random: Random) => LoggedRun["status"];
  readonly hasAgencies?: boolean;
}

const mostlyWell = (random: Random) =>
  random.oneIn(40) ? "running" : random.oneIn(9) ? "failed" : "success";

/**
 * Jobs of every kind: one that runs more often than a series has points, one
 * that is older than what is kept, one that never succeeds, one with a single
 * run, one whose only run is under way, one that has rested for long.
 */
const HABITS: readonly JobHabits[] = [
  {
    jobName: "alpha-hourly",
    runs: 840,
    since: 35n * DAY,
    until: 20n * MINUTE,
    status: mostlyWell,
  },
  {
    jobName: "bravo-daily",
    runs: 200,
    since: 200n * DAY,
    until: HOUR,
    status: mostlyWell,
    hasAgencies: true,
  },
  {
    jobName: "charlie-failing",
    runs: 60,
    since: 120n * DAY,
    until: HOUR,
    status: () => "failed",
  },
  {
    jobName: "delta-once",
    runs: 1,
    since: 2n * DAY,
    until: DAY,
    status: () => "success",
    hasAgencies: true,
  },
  {
    jobName: "echo-running",
    runs: 1,
    since: 3n * MINUTE,
    until: 2n * MINUTE,
    status: () => "running",
  },
  {
    jobName: "foxtrot-resting",
    runs: 12,
    since: 300n * DAY,
    until: 100n * DAY,
    status: (random) => random.oneIn(3) ? "success" : "failed",
  },
];

/** The jobs that a history has runs of. */
export const JOB_NAMES: readonly string[] = HABITS.map(({ jobName }) =>
  jobName
);

/**
 * Makes up runs. No two of a job start at the same instant; durations are tens
 * of milliseconds, give or take half a millisecond, so that what lies between
 * two of them has one decimal.
 *
 * @param now all of them have started before it.
 */
export function randomHistory(random: Random, now: Instant): LoggedRun[] {
  const agencyIds = Array.from({ length: 8 }, () => randomId(random));
  return HABITS.flatMap((habits) =>
    startsOf(habits, random, now).map((startedAt) =>
      randomRun(habits, startedAt, random, agencyIds)
    )
  );
}

function startsOf(
  { runs, since, until }: JobHabits,
  random: Random,
  now: Instant,
): Instant[] {
  const step = (since - until) / BigInt(runs);
  return Array.from(
    { length: runs },
    (_, number) =>
      now - since + step * BigInt(number) +
      BigInt(random.integer(0, Number(step) - 1)),
  );
}

function randomRun(
  { jobName, status: statusOf, hasAgencies = false }: JobHabits,
  startedAt: Instant,
  random: Random,
  agencyIds: readonly string[],
): LoggedRun {
  const status = statusOf(random);
  const agencies = hasAgencies && !random.oneIn(5)
    ? agencyIds.filter(() => random.oneIn(2)).map((id) =>
      randomResult(id, random)
    )
    : null;
  return {
    id: randomId(random),
    jobName,
    startedAt,
    completedAt: status === "running"
      ? null
      : startedAt + randomDuration(random),
    status,
    recordsUpdated: random.oneIn(10) ? null : random.integer(0, 5000),
    triggerSource: random.pick(["cron", "manual", "catch_up", "due", null]),
    errorMessage: status === "failed" ? randomText(random) : null,
    errors: random.oneIn(6)
      ? Array.from({ length: random.integer(1, 3) }, () => ({
        id: randomId(random),
        name: "An item",
        error: randomText(random),
      }))
      : null,
    agencies,
  };
}

function randomDuration(random: Random): bigint {
  if (random.oneIn(20)) return 0n;
  const milliseconds = 10 * random.integer(1, random.oneIn(15) ? 9000 : 300);
  return BigInt(milliseconds * 1000 + random.integer(-499, 499));
}

function randomResult(agency_id: string, random: Random): AgencyResult {
  const transitions = {
    pending_to_overdue: random.integer(1, 90),
    ...random.oneIn(4) && { overdue_to_pending: random.integer(1, 9) },
  };
  return {
    agency_id,
    updated_count: Object.values(transitions).reduce((a, b) => a + b),
    transitions,
  };
}

// With characters that take two units in JavaScript and one in Postgres.
function randomText(random: Random): string {
  const words = [
    "connection",
    "refused",
    "💥",
    "naïve",
    '"quoted"',
    "\\",
    "\n",
  ];
  return Array.from(
    { length: random.integer(1, 120) },
    () => random.pick(words),
  ).join(" ");
}

function randomId(random: Random): string {
  const hex = Array.from(
    { length: 32 },
    () => random.integer(0, 15).toString(16),
  ).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
