/** An instant in microseconds since 1970, as exact as Postgres has it. */
export type Instant = bigint;

export const SECOND = 1_000_000n;
export const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;
export const DAY = 24n * HOUR;

/** Reads ISO 8601 with an offset. */
export function instantOf(text: string): Instant {
  const [, whole, fraction = "", offset] =
    /^(.+?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const milliseconds = Date.parse(`${whole}${offset}`);
  if (Number.isNaN(milliseconds)) throw new RangeError(`${text} is no instant`);
  return BigInt(milliseconds) * 1000n + BigInt(fraction.padEnd(6, "0"));
}

/** Writes ISO 8601 in UTC, to the microsecond. */
export function isoOf(instant: Instant): string {
  const seconds = new Date(Number(instant / 1000n)).toISOString().slice(0, 19);
  const fraction = (instant % SECOND).toString().padStart(6, "0");
  return `${seconds}.${fraction}Z`;
}
