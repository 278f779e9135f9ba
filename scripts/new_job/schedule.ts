import {
  nextTick,
  readCron,
} from "../../supabase/functions/_shared/next-tick.ts";
import { NewJobError } from "./errors.ts";
import { DAY, HOUR, MINUTE } from "./interval.ts";

/** The times from one start to the next, in minutes. */
interface Gaps {
  /** The longest in 28 years, which is the longest there is. */
  readonly longestGap: number;
  readonly shortestGap: number;
}

/** When pg_cron starts a job. */
export interface Schedule extends Gaps {
  /** As pg_cron reads it, in UTC. */
  readonly expression: string;
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
    const gap = Number(seconds) / 60;
    return { expression, longestGap: gap, shortestGap: gap };
  }

  const fields = expression.split(" ");
  const isGrammatical = fields.length === 5 &&
    fields.every((field, place) =>
      FIELD.test(field) || (place === 2 && field === LAST_DAY_OF_MONTH)
    );
  const gaps = isGrammatical ? gapsOf(expression) : null;
  if (gaps === null) {
    throw new NewJobError(
      `pg_cron cannot start a job at "${text}": it takes five fields (minute, ` +
        'hour, day of the month, month, day of the week; in UTC), or "[1-59] ' +
        'seconds".',
    );
  }
  return { expression, ...gaps };
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

// After 28 years a date falls on the same day of the week, and leap years come
// in the same order. 2100, which is no leap year, is not among these.
const FIRST_YEAR = 2027;
const CYCLE_YEARS = 28;

/** @returns the gaps in minutes; or null for what is no schedule, or never comes. */
function gapsOf(expression: string): Gaps | null {
  const first = nextTick(expression, startOfYear(FIRST_YEAR));
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
  const isDaily = expression.endsWith(" * * *");
  const end = isDaily
    ? new Date(first.getTime() + 2 * DAY * 60_000)
    : startOfYear(first.getUTCFullYear() + CYCLE_YEARS + 1);
  const days = startsFrom(
    [...ofDay, ...expression.split(" ").slice(2)].join(" "),
    first,
    (day) => day < end,
  );
  const inDay = gapsBetween(starts);
  const lastStart = minutesBetween(first, starts[starts.length - 1]);
  const overnight = gapsBetween(days).map((gap) => gap - lastStart);
  const gaps = [...inDay, ...overnight];
  return {
    longestGap: gaps.reduce((one, other) => Math.max(one, other)),
    shortestGap: gaps.reduce((one, other) => Math.min(one, other)),
  };
}

// A millisecond before, so that a start at its beginning is found.
function startOfYear(year: number): Date {
  return new Date(Date.UTC(year, 0) - 1);
}

const SLOW_AFTER_SECONDS = 60;

/**
 * How long a run should take: a minute, or half of the time until the next run
 * where that is less.
 *
 * @returns whole seconds.
 */
export function slowAfter({ shortestGap }: Schedule): number {
  const half = Math.floor(shortestGap * 60 / 2);
  return Math.max(1, Math.min(SLOW_AFTER_SECONDS, half));
}

function startsFrom(
  expression: string,
  first: Date,
  isWanted: (start: Date) => boolean,
): Date[] {
  const cron = readCron(expression);
  const starts: Date[] = [];
  for (
    let start: Date | null = first;
    start !== null && isWanted(start);
    start = cron?.nextRun(start) ?? null
  ) starts.push(start);
  return starts;
}

function gapsBetween(dates: readonly Date[]): number[] {
  return dates.slice(1).map((date, number) =>
    minutesBetween(dates[number], date)
  );
}

function minutesBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 60_000;
}
