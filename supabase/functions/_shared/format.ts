const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** @returns a number as people read it: `12,345`, `26.3`. */
export function formatNumber(value: number): string {
  return number.format(value);
}

/** @returns `1 hour`, `26.3 hours`, `0 hours`. */
export function pluralize(value: number, singular: string): string {
  return `${formatNumber(value)} ${singular}${value === 1 ? "" : "s"}`;
}

/**
 * @param iso an instant in ISO 8601.
 * @returns it in UTC, to the second: `2026-11-22 07:00:03 UTC`. A text that is
 *   no instant is returned as it is.
 */
export function formatInstant(iso: string): string {
  const milliseconds = Date.parse(iso);
  if (Number.isNaN(milliseconds)) return iso;
  const utc = new Date(milliseconds).toISOString();
  return `${utc.slice(0, 10)} ${utc.slice(11, 19)} UTC`;
}

/**
 * @param milliseconds how long something took.
 * @returns it in the two units that matter: `340 ms`, `12.3 s`, `3 min 20 s`,
 *   `5 h 12 min`, `3 d 4 h`.
 */
export function formatDuration(milliseconds: number): string {
  const whole = Math.max(0, milliseconds);
  if (whole < SECOND) return `${Math.floor(whole)} ms`;
  if (whole < MINUTE) return `${formatNumber(Math.floor(whole / 100) / 10)} s`;
  if (whole < HOUR) return inTwoUnits(whole, [MINUTE, "min"], [SECOND, "s"]);
  if (whole < DAY) return inTwoUnits(whole, [HOUR, "h"], [MINUTE, "min"]);
  return inTwoUnits(whole, [DAY, "d"], [HOUR, "h"]);
}

type Unit = readonly [milliseconds: number, name: string];

function inTwoUnits(
  milliseconds: number,
  [large, largeName]: Unit,
  [small, smallName]: Unit,
): string {
  const most = `${Math.floor(milliseconds / large)} ${largeName}`;
  const rest = Math.floor(milliseconds % large / small);
  return rest === 0 ? most : `${most} ${rest} ${smallName}`;
}

/** @returns the time between two instants, or null when one is not known. */
export function formatElapsed(
  from: string | null,
  to: string | null,
): string | null {
  if (from === null || to === null) return null;
  const milliseconds = Date.parse(to) - Date.parse(from);
  return Number.isNaN(milliseconds) ? null : formatDuration(milliseconds);
}
