import type { Random } from "../../testing/seeded_random.ts";

// Vixie's cron in its plainest form, as the other opinion: no library, and no
// short cut.
const FROM = Date.UTC(2027, 0);
const UNTIL = Date.UTC(2027 + 2 * 28, 0);
const DAY_MS = 86_400_000;

const RANGES = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 7]] as const;

/**
 * Goes through two cycles of 28 years.
 *
 * @returns the longest time between two starts in minutes; null without a start.
 */
export function bruteForceGap(expression: string): number | null {
  const fields = expression.split(" ");
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = fields
    .map((field, place) => valuesOf(field, RANGES[place]));
  const startsOfDay = [...hours].sort(ascending)
    .flatMap((hour) =>
      [...minutes].sort(ascending).map((minute) => 60 * hour + minute)
    );
  const oneIsEnough = !fields[2].startsWith("*") && !fields[4].startsWith("*");

  let longest = -1;
  let last: number | null = null;
  for (let day = FROM; day < UNTIL; day += DAY_MS) {
    const date = new Date(day);
    if (!months.has(date.getUTCMonth() + 1)) continue;
    const isDate = fields[2] === "$"
      ? new Date(day + DAY_MS).getUTCDate() === 1
      : daysOfMonth.has(date.getUTCDate());
    const isWeekday = daysOfWeek.has(date.getUTCDay()) ||
      date.getUTCDay() === 0 && daysOfWeek.has(7);
    if (oneIsEnough ? !isDate && !isWeekday : !isDate || !isWeekday) continue;
    for (const minute of startsOfDay) {
      const start: number = day / 60_000 + minute;
      if (last !== null) longest = Math.max(longest, start - last);
      last = start;
    }
  }
  return longest === -1 ? null : longest;
}

function valuesOf(
  field: string,
  [lowest, highest]: readonly [number, number],
): Set<number> {
  const values = new Set<number>();
  for (const part of field === "$" ? [] : field.split(",")) {
    const [range, step = "1"] = part.split("/");
    const [from, to = from] = range === "*"
      ? [lowest, highest]
      : range.split("-").map(Number);
    for (let value = from; value <= to; value += Number(step)) {
      values.add(value);
    }
  }
  return values;
}

const ascending = (one: number, other: number) => one - other;

/** @returns five fields, most of them rare days. */
export function randomSchedule(random: Random): string {
  const field = ([lowest, highest]: readonly [number, number]): string => {
    const one = () => random.integer(lowest, highest);
    const range = () => {
      const from = one();
      return `${from}-${random.integer(from, highest)}`;
    };
    const step = () => `/${random.integer(1, highest)}`;
    const part = random.pick([
      () => "*",
      () => `*${step()}`,
      () => `${one()}`,
      range,
      () => range() + step(),
    ])();
    return random.oneIn(4) ? `${part},${one()}` : part;
  };
  return [
    `${random.integer(0, 59)}`,
    random.oneIn(2) ? `${random.integer(0, 23)}` : field(RANGES[1]),
    random.oneIn(8) ? "$" : field(RANGES[2]),
    field(RANGES[3]),
    field(RANGES[4]),
  ].join(" ");
}
