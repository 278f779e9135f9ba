/**
 * What the clock on the wall of a time zone shows, asked of the runtime's own
 * zone data. It only steers test cases towards interesting instants: no verdict
 * depends on it, so a runtime with older zone data than the database's merely
 * aims less well.
 */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Shorter than the shortest stretch between two changes (Morocco's Ramadan). */
const PROBE_STEP_MS = 14 * DAY_MS;

const formats = new Map<string, Intl.DateTimeFormat>();
const transitions = new Map<string, readonly number[]>();

/**
 * How far a zone's clock is ahead of UTC at an instant.
 *
 * @param zone a name from Postgres' `pg_timezone_names`; those that the runtime
 *   does not know (`localtime`, a retired alias) count as UTC
 * @param instantMs milliseconds since 1970-01-01T00:00Z
 * @returns milliseconds, negative west of Greenwich
 */
export function offsetAt(zone: string, instantMs: number): number {
  const second = Math.floor(instantMs / 1000) * 1000;
  const shown = new Map(
    formatOf(zone).formatToParts(second)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => shown.get(type) ?? NaN;
  return Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  ) - second;
}

/**
 * The first instants at which a zone's offset is a new one, within one year.
 *
 * @param zone as in {@link offsetAt}
 * @param year a year of the UTC calendar
 * @returns milliseconds since 1970-01-01T00:00Z, ascending; often empty
 */
export function transitionsIn(zone: string, year: number): readonly number[] {
  const key = `${zone} ${year}`;
  const known = transitions.get(key);
  if (known !== undefined) return known;

  const found: number[] = [];
  const end = Date.UTC(year + 1, 0, 1);
  for (let low = Date.UTC(year, 0, 1); low < end; low += PROBE_STEP_MS) {
    const high = Math.min(low + PROBE_STEP_MS, end);
    if (offsetAt(zone, low) !== offsetAt(zone, high)) {
      found.push(firstInstantAfterChange(zone, low, high));
    }
  }
  transitions.set(key, found);
  return found;
}

/**
 * The instants at which a zone's clock shows a given date and time.
 *
 * @param zone as in {@link offsetAt}
 * @param wallMs the date and time, written as if it were UTC
 * @returns milliseconds since 1970-01-01T00:00Z: one, or two where the clock was
 *   turned back over it. Where the clock was put forward over it, the one
 *   instant that the clock before the change would have given.
 */
export function instantsShowing(zone: string, wallMs: number): number[] {
  const before = offsetAt(zone, wallMs - DAY_MS);
  const after = offsetAt(zone, wallMs + DAY_MS);
  const candidates = [...new Set([before, after])].map((o) => wallMs - o);
  const exact = candidates.filter((c) => c + offsetAt(zone, c) === wallMs);
  return exact.length > 0 ? exact : candidates.slice(0, 1);
}

function firstInstantAfterChange(
  zone: string,
  low: number,
  high: number,
): number {
  const before = offsetAt(zone, low);
  while (high - low > 1000) {
    const middle = low + Math.floor((high - low) / 2000) * 1000;
    if (offsetAt(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = createFormat(zone.replace(/^posix\//, ""));
  formats.set(zone, format);
  return format;
}

function createFormat(zone: string): Intl.DateTimeFormat {
  const options: Intl.DateTimeFormatOptions = {
    calendar: "iso8601",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  };
  try {
    return new Intl.DateTimeFormat("en-US", { ...options, timeZone: zone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" });
  }
}
