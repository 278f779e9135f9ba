import { type Random, seededRandom } from "../../testing/seeded_random.ts";
import { instantsShowing, offsetAt, transitionsIn } from "./wall_clock.ts";

/** One installment of one plan of one agency, looked at in one instant. */
export interface OverdueCase {
  /** A UUID, so that it can be the id of a row. */
  readonly id: string;
  /** The agency's IANA time zone. */
  readonly timezone: string;
  /** The agency's cut-off, `HH:MM:SS` on its own clock. */
  readonly cutoff: string;
  /** The installment's due date, `YYYY-MM-DD`. */
  readonly due: string;
  /** The instant: ISO 8601 with microseconds and an offset or `Z`. */
  readonly at: string;
  readonly planStatus: PlanStatus;
  readonly installmentStatus: InstallmentStatus;
}

export type PlanStatus = "draft" | "active" | "completed" | "cancelled";
export type InstallmentStatus =
  | "draft"
  | "pending"
  | "overdue"
  | "paid"
  | "partial"
  | "cancelled";

/** The first and the last year in which cases lie. */
export const FIRST_YEAR = 1990;
export const LAST_YEAR = 2037;
const FIRST_US = Date.UTC(FIRST_YEAR, 0, 1) * 1000;
const LAST_US = Date.UTC(LAST_YEAR + 1, 0, 1) * 1000 - 1;

const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;
const HOUR_US = 60 * MINUTE_US;
const DAY_US = 24 * HOUR_US;
const LAST_SECOND_OF_DAY = 86_399;

const NOT_ACTIVE: PlanStatus[] = ["draft", "completed", "cancelled"];
const NOT_PENDING: InstallmentStatus[] = [
  "draft",
  "overdue",
  "paid",
  "partial",
  "cancelled",
];

/** Days on which these clocks did what a program does not expect. */
const NOTABLE_DAYS: ReadonlyMap<string, readonly string[]> = new Map([
  // The whole day was skipped, because the date line moved.
  ["Pacific/Apia", ["2011-12-30"]],
  ["Pacific/Fakaofo", ["2011-12-30"]],
  ["Pacific/Kiritimati", ["1994-12-31", "2024-05-01"]],
  ["Pacific/Kanton", ["1994-12-31"]],
  ["Pacific/Enderbury", ["1994-12-31"]],
  ["Pacific/Kwajalein", ["1993-08-21"]],
  // No midnight: the clock went from 23:59:59 to 01:00.
  ["Asia/Beirut", ["2024-03-31", "2019-03-31"]],
  ["Africa/Cairo", ["2024-04-26", "2010-04-30"]],
  ["America/Santiago", ["2024-09-08", "2019-09-08"]],
  ["America/Havana", ["2024-03-10", "2015-03-08"]],
  ["America/Asuncion", ["2023-10-01", "2024-10-06"]],
  ["America/Sao_Paulo", ["2017-10-15", "2018-11-04"]],
  ["Asia/Amman", ["2021-03-26", "2022-02-25"]],
  ["Asia/Damascus", ["2021-03-26"]],
  ["Asia/Gaza", ["2022-03-27"]],
  // Midnight twice, or a change of less than an hour.
  ["Atlantic/Azores", ["2024-10-27"]],
  ["Australia/Lord_Howe", ["2024-04-07", "2024-10-06"]],
  ["America/St_Johns", ["2006-10-29", "2007-03-11"]],
  ["America/Caracas", ["2007-12-09", "2016-05-01"]],
  ["Asia/Pyongyang", ["2015-08-15", "2018-05-04"]],
  ["Asia/Kolkata", ["2024-03-15"]],
  ["Asia/Kathmandu", ["2024-03-15", "1990-06-01"]],
  ["Pacific/Chatham", ["2024-04-07", "2024-09-29"]],
  // Summer time that is winter time, and one that pauses for Ramadan.
  ["Europe/Dublin", ["2024-03-31", "2024-10-27"]],
  ["Africa/Casablanca", ["2024-03-10", "2024-04-14"]],
  ["Antarctica/Troll", ["2024-03-31", "2024-10-27"]],
  // Zones with summer time, whose names Postgres takes for abbreviations without.
  ["CET", ["2024-07-01", "2024-03-31"]],
  ["EET", ["2024-07-01", "2024-03-31"]],
  ["MET", ["2024-07-01", "2024-03-31"]],
  ["WET", ["2024-07-01", "2024-03-31"]],
  // The last day on Earth to end.
  ["Etc/GMT+12", ["2024-05-01"]],
]);

/**
 * Makes cases for the overdue rule, aimed at where implementations go wrong:
 * changes of the clock, days without a midnight, skipped days, and the last
 * microsecond before the cut-off.
 *
 * @param options.count how many; with fewer than there are zones, only the
 *   first so many zones occur
 * @param options.seed the same seed, count and zones give the same cases
 * @param options.zones IANA names, for instance all of `pg_timezone_names`
 * @throws RangeError when there is no zone
 */
export function randomCases(
  { count, seed, zones }: {
    count: number;
    seed: number;
    zones: readonly string[];
  },
): OverdueCase[] {
  if (zones.length === 0) throw new RangeError("randomCases needs a zone");
  const random = seededRandom(seed);
  const notable = zones.filter((zone) => NOTABLE_DAYS.has(zone));
  // Once through all zones, then at random, the notable ones more often.
  const zoneOf = (number: number) =>
    zones[number] ??
      random.pick(notable.length > 0 && random.oneIn(3) ? notable : zones);
  return Array.from(
    { length: count },
    (_, number) => randomCase(random, number, zoneOf(number)),
  );
}

/** The two numbers of a case that decide how sharp it is. */
interface Moment {
  instantUs: number;
  /** Seconds since midnight on the agency's clock. */
  cutoffSecond: number;
}

const MOMENT_MAKERS: ((random: Random, zone: string) => Moment)[] = [
  atCutoff,
  atCutoff,
  aroundTransition,
  aroundMidnight,
  anywhere,
];

function randomCase(random: Random, number: number, zone: string): OverdueCase {
  const moment = random.pick(MOMENT_MAKERS)(random, zone);
  const instantUs = Math.min(Math.max(moment.instantUs, FIRST_US), LAST_US);
  const today = wallUs(zone, instantUs);
  const daysFromDue = random.oneIn(2) ? 0 : random.integer(-2, 2);
  return {
    id: caseId(number),
    timezone: zone,
    cutoff: new Date(moment.cutoffSecond * 1000).toISOString().slice(11, 19),
    due: isoMicroseconds(today + daysFromDue * DAY_US).slice(0, 10),
    at: writtenSomehow(random, instantUs),
    planStatus: random.oneIn(6) ? random.pick(NOT_ACTIVE) : "active",
    installmentStatus: random.oneIn(6) ? random.pick(NOT_PENDING) : "pending",
  };
}

/** The clock shows the cut-off, or misses it by a little. */
function atCutoff(random: Random, zone: string): Moment {
  const cutoffSecond = randomCutoff(random);
  const midnightUs = midnightOf(randomDay(random, zone));
  const showing = instantsShowing(
    zone,
    (midnightUs + cutoffSecond * SECOND_US) / 1000,
  );
  return {
    instantUs: random.pick(showing) * 1000 + aLittle(random),
    cutoffSecond,
  };
}

/** Within hours of a change of the clock; the cut-off too, as often as not. */
function aroundTransition(random: Random, zone: string): Moment {
  const year = randomYear(random);
  const changes = transitionsIn(zone, year);
  if (changes.length === 0) return atCutoff(random, zone);

  const changeUs = random.pick(changes) * 1000;
  const shift = random.oneIn(2)
    ? aLittle(random)
    : random.integer(-3 * HOUR_US, 3 * HOUR_US);
  const instantUs = changeUs + shift;
  if (random.oneIn(3)) return { instantUs, cutoffSecond: randomCutoff(random) };

  // On the clock before or after the change, skipped and repeated times too.
  const side = random.pick([changeUs - SECOND_US, changeUs, instantUs]);
  const near = wallUs(zone, side) +
    random.integer(-12, 12) * 15 * MINUTE_US * random.integer(0, 1);
  return { instantUs, cutoffSecond: secondOfDay(near) };
}

/** The day has just begun, or is about to: also where no clock shows 00:00. */
function aroundMidnight(random: Random, zone: string): Moment {
  const midnightUs = midnightOf(randomDay(random, zone));
  const showing = instantsShowing(zone, midnightUs / 1000);
  const shift = random.oneIn(3)
    ? random.integer(-HOUR_US, HOUR_US)
    : aLittle(random);
  return {
    instantUs: random.pick(showing) * 1000 + shift,
    cutoffSecond: random.oneIn(3)
      ? randomCutoff(random)
      : random.pick([0, 1, 1800, 3600, LAST_SECOND_OF_DAY]),
  };
}

function anywhere(random: Random, _zone: string): Moment {
  return {
    instantUs: random.integer(FIRST_US, LAST_US),
    cutoffSecond: randomCutoff(random),
  };
}

function randomCutoff(random: Random): number {
  if (random.oneIn(8)) return random.pick([0, 1, LAST_SECOND_OF_DAY]);
  if (random.oneIn(2)) return random.integer(0, 47) * 1800;
  return random.integer(0, LAST_SECOND_OF_DAY);
}

/** Nothing, or the least that a clock, a timestamptz and a time can differ by. */
function aLittle(random: Random): number {
  return random.pick([0, 0, -1, 1, -SECOND_US, SECOND_US, -1000, 1000]);
}

/** A date, as often as not one on which this zone's clock was changed. */
function randomDay(random: Random, zone: string): string {
  const notable = NOTABLE_DAYS.get(zone);
  if (notable !== undefined && random.oneIn(2)) {
    return isoMicroseconds(
      midnightOf(random.pick(notable)) + random.integer(-1, 1) * DAY_US,
    ).slice(0, 10);
  }
  const year = randomYear(random);
  const changes = transitionsIn(zone, year);
  const instantUs = changes.length > 0 && random.oneIn(2)
    ? random.pick(changes) * 1000
    : Date.UTC(year, 0, random.integer(1, 365)) * 1000;
  return isoMicroseconds(wallUs(zone, instantUs)).slice(0, 10);
}

function randomYear(random: Random): number {
  return random.integer(FIRST_YEAR, LAST_YEAR);
}

/** The zone's clock at an instant, written as if it were UTC. */
function wallUs(zone: string, instantUs: number): number {
  return instantUs + offsetAt(zone, Math.floor(instantUs / 1000)) * 1000;
}

function midnightOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) * 1000;
}

function secondOfDay(us: number): number {
  const seconds = Math.floor(us / SECOND_US);
  return ((seconds % 86_400) + 86_400) % 86_400;
}

/** `YYYY-MM-DDTHH:MM:SS.ffffff`, without a zone. */
function isoMicroseconds(us: number): string {
  const seconds = Math.floor(us / SECOND_US);
  const fraction = String(us - seconds * SECOND_US).padStart(6, "0");
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}`;
}

/** The same instant in UTC or, now and then, with some offset. */
function writtenSomehow(random: Random, instantUs: number): string {
  if (!random.oneIn(4)) return `${isoMicroseconds(instantUs)}Z`;
  const minutes = random.integer(-48, 56) * 15;
  const size = Math.abs(minutes);
  const hours = String(Math.floor(size / 60)).padStart(2, "0");
  const rest = String(size % 60).padStart(2, "0");
  const local = isoMicroseconds(instantUs + minutes * MINUTE_US);
  return `${local}${minutes < 0 ? "-" : "+"}${hours}:${rest}`;
}

/** A UUID of version 8 (RFC 9562) that shows the case's number. */
function caseId(number: number): string {
  return `00000000-0000-8000-8000-${number.toString(16).padStart(12, "0")}`;
}
