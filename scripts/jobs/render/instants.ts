import { singleLine } from "../../../supabase/functions/_shared/truncate.ts";
import { formatInstant } from "../../../supabase/functions/_shared/format.ts";
import { age } from "../text/age.ts";

/** @returns `2026-11-22 07:00:03 UTC`; what is no instant is put on one line. */
export function toTheSecond(iso: string): string {
  return singleLine(formatInstant(iso));
}

/** @returns `2026-11-22 07:00`, in UTC, for a column that says so. */
export function toTheMinute(iso: string): string {
  return toTheSecond(iso).slice(0, 16);
}

/** @returns `2026-11-22 07:00:03 UTC (9 h ago)`. */
export function withAge(iso: string, now: Date): string {
  return `${toTheSecond(iso)} (${age(iso, now)})`;
}
