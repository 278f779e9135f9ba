import { z } from "zod";
import { explainIssues } from "../../explain-issues.ts";
import { formatInstant } from "../../format.ts";
import type { WriteInstant } from "./description.ts";

/** The clock of those who read the messages; may be missing. */
export const clockVariables = {
  /** An IANA name, such as `Australia/Brisbane`. */
  ALERT_TIMEZONE: z.string().optional(),
};

/** The values of `clockVariables`, not yet checked. */
export type ClockVariables = z.output<z.ZodObject<typeof clockVariables>>;

// Intl also takes offsets (+10:00), which know no summer time.
const timezone = z.string().refine(
  (name) => /^[A-Za-z]/.test(name) && formatterOf(name) !== null,
  "must be the name of a time zone, such as Australia/Brisbane",
);
const checkedClock = z.object({ ALERT_TIMEZONE: timezone.optional() });

/** @returns a sentence on the time zone that no message can use. */
export function clockProblems(variables: ClockVariables): string[] {
  const { error } = checkedClock.safeParse(variables);
  return error
    ? [`Messages give times in UTC only. ${explainIssues(error)}.`]
    : [];
}

/**
 * Creates what writes instants: in UTC, and in the reader's zone as well. A
 * wrong zone is left out: the alert matters more.
 *
 * @returns such as
 *   `2026-11-22 07:00:03 UTC (17:00:03 in Brisbane)`, with the date where the
 *   zone has another.
 */
export function createClock({ ALERT_TIMEZONE }: ClockVariables): WriteInstant {
  const zone = timezone.safeParse(ALERT_TIMEZONE).data;
  const formatter = zone === undefined ? null : formatterOf(zone);
  if (zone === undefined || formatter === null) return formatInstant;
  if (formatter.resolvedOptions().timeZone === "UTC") return formatInstant;
  // Not as resolved: the runtime may know the zone by an older name.
  const place = zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ")
    .replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  return (iso) => {
    const utc = formatInstant(iso);
    const milliseconds = Date.parse(iso);
    if (Number.isNaN(milliseconds)) return utc;
    const parts = Object.fromEntries(
      formatter.formatToParts(milliseconds).map((
        { type, value },
      ) => [type, value]),
    );
    const date = `${parts.year}-${parts.month}-${parts.day}`;
    const time = `${parts.hour}:${parts.minute}:${parts.second}`;
    const local = utc.startsWith(date) ? time : `${date} ${time}`;
    return `${utc} (${local} in ${place})`;
  };
}

function formatterOf(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
  } catch {
    return null;
  }
}
