import { seededRandom } from "../../testing/seeded_random.ts";
import type { OverdueCase } from "./cases.ts";

/** When an agency lets an installment become overdue later than its due date. */
export interface Calendar {
  readonly graceDays: number;
  /** ISO numbers: 1 is Monday. */
  readonly closedWeekdays: readonly number[];
  /** Dates, `YYYY-MM-DD`. */
  readonly closedDays: readonly string[];
}

/** A case whose agency has a calendar. */
export type CalendarCase = OverdueCase & Calendar;

const DAY_MS = 86_400_000;

/**
 * Gives each case a calendar, and moves its due date back so that the day that
 * the calendar makes of it stays around the instant.
 *
 * One case in four keeps its date and has an empty calendar.
 */
export function withCalendars(
  cases: readonly OverdueCase[],
  seed: number,
): CalendarCase[] {
  const random = seededRandom(seed);
  return cases.map((each) => {
    if (random.oneIn(4)) {
      return { ...each, graceDays: 0, closedWeekdays: [], closedDays: [] };
    }
    const wanted = Date.parse(each.due);
    const graceDays = random.oneIn(2)
      ? 0
      : random.oneIn(8)
      ? 60
      : random.integer(1, 9);
    const open = random.integer(1, 7);
    const closedWeekdays = random.oneIn(3)
      ? []
      : [1, 2, 3, 4, 5, 6, 7].filter((weekday) =>
        weekday !== open && random.oneIn(3)
      );
    const closedDays = random.oneIn(3)
      ? []
      : Array.from({ length: 14 }, (_, number) => number - 5)
        .filter(() => random.oneIn(2))
        .map((days) => dateOf(wanted + days * DAY_MS));
    const back = graceDays + random.integer(0, random.oneIn(2) ? 0 : 4);
    return {
      ...each,
      due: dateOf(wanted - back * DAY_MS),
      graceDays,
      closedWeekdays,
      closedDays,
    };
  });
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
