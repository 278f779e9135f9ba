import { singleLine } from "../../_shared/truncate.ts";

const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;

// The date is the agency's already: it is written out, not converted.
const dayMonthYear = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  year: "numeric",
  timeZone: "UTC",
});
const weekday = new Intl.DateTimeFormat("en-GB", {
  weekday: "long",
  timeZone: "UTC",
});

/**
 * @param text a date such as `2026-11-23`.
 * @returns `23 November 2026`. Another text is returned as it is.
 */
export function date(text: string): string {
  const midnight = midnightOf(text);
  return midnight === null ? singleLine(text) : dayMonthYear.format(midnight);
}

/** @returns `Monday, 23 November 2026`; otherwise as `date`. */
export function longDate(text: string): string {
  const midnight = midnightOf(text);
  return midnight === null
    ? singleLine(text)
    : `${weekday.format(midnight)}, ${dayMonthYear.format(midnight)}`;
}

function midnightOf(date: string): number | null {
  if (!ISO_DATE.test(date)) return null;
  const midnight = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(midnight) ? null : midnight;
}
