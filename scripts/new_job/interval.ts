import { NewJobError } from "./errors.ts";

/** Lengths of time in minutes. */
export const MINUTE = 1;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const UNITS = { week: 7 * DAY, day: DAY, hour: HOUR, minute: MINUTE };
type Unit = keyof typeof UNITS;

const PART = /^([1-9]\d{0,4}) (week|day|hour|minute)s?(?:\s+|$)/;

/**
 * Reads an interval as people and Postgres write it: `7 days 2 hours`.
 *
 * @returns minutes.
 * @throws {NewJobError} for any other text.
 */
export function readInterval(text: string): number {
  let rest = text.trim();
  let minutes = 0;
  while (rest !== "" || minutes === 0) {
    const [part, count, unit] = PART.exec(rest) ?? [];
    if (part === undefined) {
      throw new NewJobError(
        `"${text}" is not an interval such as "25 hours" or "7 days 2 hours".`,
      );
    }
    minutes += Number(count) * UNITS[unit as Unit];
    rest = rest.slice(part.length);
  }
  return minutes;
}

/** Writes whole minutes as an interval of Postgres; a day and a bit in hours. */
export function writeInterval(minutes: number): string {
  const days = minutes < 2 * DAY ? 0 : Math.floor(minutes / DAY);
  const hours = Math.floor((minutes - days * DAY) / HOUR);
  return [[days, "day"], [hours, "hour"], [minutes % HOUR, "minute"]]
    .filter(([count]) => count !== 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`)
    .join(" ");
}
