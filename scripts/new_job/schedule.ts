import { nextTick } from "../../supabase/functions/_shared/next-tick.ts";
import { NewJobError } from "./errors.ts";
import { DAY, HOUR, MINUTE } from "./interval.ts";

/** When pg_cron starts a job. */
export interface Schedule {
  /** As pg_cron reads it, in UTC. */
  readonly expression: string;
  /** The longest time from one start to the next, in minutes. */
  readonly longestGap: number;
}

const SECONDS = /^([1-9]|[1-5]\d) seconds?$/;

// The grammar of Vixie's cron, which pg_cron has: steps only of a range or a
// star. The values are checked by a library that takes more than this.
const VALUE = "(?:\\d+|[a-zA-Z]{3})";
const PART = `(?:(?:\\*|${VALUE}-${VALUE})(?:/\\d+)?|${VALUE})`;
const FIELD = new RegExp(`^${PART}(?:,${PART})*$`);
const LAST_DAY_OF_MONTH = "$";

/**
 * Reads a schedule as pg_cron does: five fields, or `30 seconds`.
 *
 * @throws {NewJobError} when pg_cron would refuse it, or never start the job.
 */
export function readSchedule(text: string): Schedule {
  const expression = text.trim().split(/\s+/).join(" ");
  const [, seconds] = SECONDS.exec(expression) ?? [];
  if (seconds !== undefined) {
    return { expression, longestGap: Number(seconds) / 60 };
  }

  const fields = expression.split(" ");
  const isGrammatical = fields.length === 5 &&
    fields.every((field, place) =>
      FIELD.test(field) || (place === 2 && field === LAST_DAY_OF_MONTH)
    );
  const longestGap = isGrammatical ? longestGapOf(expression) : null;
  if (longestGap === null) {
    throw new NewJobError(
      `pg_cron cannot start a job at "${text}": it takes five fields (minute, ` +
        'hour, day of the month, month, day of the week; in UTC), or "[1-59] ' +
        'seconds".',
    );
  }
  return { expression, longestGap };
}

const LATEST_HOUR = 5;
const FIRST_HOUR = 2;

/**
 * The default schedule: once a day, in the night of UTC, at a minute that
 * depends on the name, so that not all jobs start at once.
 */
export function dailySchedule(name: string): string {
  const slots = (LATEST_HOUR - FIRST_HOUR + 1) * 60;
  const slot = [...name].reduce(
    (hash, letter) => (hash * 31 + letter.charCodeAt(0)) % slots,
    0,
  );
  return `${slot % 60} ${FIRST_HOUR + Math.floor(slot / 60)} * * *`;
}

/**
 * How long a job may be without a success before it has missed a run: until the
 * next start, and some more for a run that is late or takes its time.
 *
 * @returns minutes. The day of a daily job becomes 25 hours.
 */
export function expectedInterval({ longestGap }: Schedule): number {
  const grace = Math.min(Math.max(longestGap / 24, 15 * MINUTE), 2 * HOUR);
  return Math.ceil(longestGap + grace);
}

// A schedule shows its longest pause within these: one that leaves out a part
// of the week or the month, and one that comes a few times a year.
const LOOKED_AT_MINUTES = 35 * DAY;
const LOOKED_AT_DAYS = 13;

/** @returns minutes; or null for what is no schedule, or never comes. */
function longestGapOf(expression: string): number | null {
  const first = nextTick(expression, new Date("2026-12-31T23:59:59Z"));
  if (first === null) return null;

  // Days with a start are all alike.
  const starts = startsFrom(
    expression,
    first,
    (start) =>
      minutesBetween(first, start) < DAY &&
      start.getUTCDate() === first.getUTCDate(),
  );
  const ofDay = [first.getUTCMinutes(), first.getUTCHours()];
  const days = startsFrom(
    [...ofDay, ...expression.split(" ").slice(2)].join(" "),
    first,
    (day, count) =>
      count < LOOKED_AT_DAYS || minutesBetween(first, day) < LOOKED_AT_MINUTES,
  );
  const overnight = longestBetween(days) -
    minutesBetween(first, starts[starts.length - 1]);
  return Math.max(longestBetween(starts), overnight);
}

function startsFrom(
  expression: string,
  first: Date,
  isWanted: (start: Date, count: number) => boolean,
): Date[] {
  const starts: Date[] = [];
  for (
    let start: Date | null = first;
    start !== null && isWanted(start, starts.length);
    start = nextTick(expression, start)
  ) starts.push(start);
  return starts;
}

function longestBetween(dates: readonly Date[]): number {
  return Math.max(
    0,
    ...dates.slice(1).map((date, number) =>
      minutesBetween(dates[number], date)
    ),
  );
}

function minutesBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 60_000;
}
