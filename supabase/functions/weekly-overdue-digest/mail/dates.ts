import { singleLine } from "../../_shared/truncate.ts";

// As Postgres writes it; a year may have more digits.
const DATE = /^(\d{4,6})-(\d{2})-(\d{2})( BC)?$/;

// The date is the agency's already: it is written out, not converted.
const dayMonth = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  timeZone: "UTC",
});
const weekday = new Intl.DateTimeFormat("en-GB", {
  weekday: "long",
  timeZone: "UTC",
});

/**
 * @param text a date such as `2026-11-23`, or `0044-03-15 BC`.
 * @returns `23 November 2026`, `15 March 44 BC`. Another text is returned as it
 *   is.
 */
export function date(text: string): string {
  const day = dayOf(text);
  return day === null ? singleLine(text) : written(day);
}

/** @returns `Monday, 23 November 2026`; otherwise as `date`. */
export function longDate(text: string): string {
  const day = dayOf(text);
  return day === null
    ? singleLine(text)
    : `${weekday.format(day.midnight)}, ${written(day)}`;
}

interface Day {
  readonly midnight: Date;
  /** As people write it. */
  readonly year: string;
}

function written({ midnight, year }: Day): string {
  return `${dayMonth.format(midnight)} ${year}`;
}

function dayOf(text: string): Day | null {
  const [, digits, month, day, era] = DATE.exec(text) ?? [];
  if (digits === undefined) return null;
  const year = Number(digits);
  const midnight = new Date(0);
  // There is no year 0: 1 BC is followed by 1 AD.
  midnight.setUTCFullYear(
    era === undefined ? year : 1 - year,
    Number(month) - 1,
    Number(day),
  );
  // What rolls over, such as month 13, is no date; nor is what is out of reach.
  if (
    midnight.getUTCMonth() !== Number(month) - 1 ||
    midnight.getUTCDate() !== Number(day)
  ) return null;
  return { midnight, year: `${year}${era ?? ""}` };
}
