import { JobsError } from "../errors.ts";

const UNITS = new Map([
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 604_800_000],
]);

// Without an offset Date.parse would take a time of day for local.
const DAY_OR_INSTANT =
  /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Reads how far back to look.
 *
 * @param text `30m`, `24h`, `7d` or `2w`; a day in UTC; or an instant with its
 *   offset.
 * @throws {JobsError} for any other text.
 */
export function parseSince(text: string, now: Date): Date {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const length = UNITS.get(unit);
  const milliseconds = length !== undefined
    ? now.getTime() - Number(count) * length
    : DAY_OR_INSTANT.test(text)
    ? Date.parse(text)
    : NaN;
  const since = new Date(milliseconds);
  if (Number.isNaN(since.getTime())) {
    throw new JobsError(
      "--since takes a length such as 24h or 7d, a day such as 2026-11-22 " +
        "(UTC), or an instant such as 2026-11-22T07:00:00Z.",
    );
  }
  return since;
}
