const UNITS: readonly (readonly [milliseconds: number, name: string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
];

// Two hours say little of an hour and fifty minutes, fifty hours much of two
// days.
const LEAST_COUNT = 2;

/**
 * @param iso an instant in ISO 8601.
 * @param now the instant from which one looks.
 * @returns `9 h ago`, `in 14 h`, or `now` for less than two seconds; rounded
 *   down. Clocks differ, so an instant that should be past may be ahead.
 *   `unknown` for what is no instant.
 */
export function age(iso: string, now: Date): string {
  const milliseconds = now.getTime() - Date.parse(iso);
  const distance = Math.abs(milliseconds);
  if (Number.isNaN(distance)) return "unknown";
  const unit = UNITS.find(([length]) => distance >= LEAST_COUNT * length);
  if (unit === undefined) return "now";
  const [length, name] = unit;
  const count = `${Math.floor(distance / length)} ${name}`;
  return milliseconds > 0 ? `${count} ago` : `in ${count}`;
}
