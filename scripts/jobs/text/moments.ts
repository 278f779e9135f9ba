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
  const since = new Date(now.getTime() - lengthOf(text));
  const instant = isNaN(since.getTime()) ? parseInstant(text) : since;
  if (instant !== undefined) return instant;
  throw new JobsError(
    "--since takes a length such as 24h or 7d, a day such as 2026-11-22 " +
      "(UTC), or an instant such as 2026-11-22T07:00:00Z.",
  );
}

/** How an operator says when something ends. */
export interface EndOptions {
  /** A day in UTC, or an instant with its offset. */
  readonly until?: string;
  /** `30m`, `24h`, `7d` or `2w`, from now on. */
  readonly for?: string;
}

/**
 * Reads when something ends.
 *
 * @returns undefined when neither is given.
 * @throws {JobsError} for a text that is no instant and no length.
 */
export function parseEnd(
  { until, for: length }: EndOptions,
  now: Date,
): Date | undefined {
  if (length !== undefined) {
    const end = new Date(now.getTime() + lengthOf(length));
    if (!isNaN(end.getTime())) return end;
    throw new JobsError("--for takes a length such as 30m, 4h, 2d or 1w.");
  }
  if (until === undefined) return undefined;
  const end = parseInstant(until);
  if (end !== undefined) return end;
  throw new JobsError(
    "--until takes a day such as 2026-11-22 (UTC), or an instant such as " +
      "2026-11-22T07:00:00Z.",
  );
}

/** @returns milliseconds; NaN for a text that is no length. */
function lengthOf(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  return Number(count) * (UNITS.get(unit) ?? NaN);
}

/**
 * @param text a day in UTC, or an instant with its offset.
 * @returns undefined for any other text.
 */
export function parseInstant(text: string): Date | undefined {
  const instant = new Date(DAY_OR_INSTANT.test(text) ? text : NaN);
  return isNaN(instant.getTime()) ? undefined : instant;
}
