import type { Health, JobHealth } from "./api/answers.ts";
import { nextTick } from "../../supabase/functions/_shared/next-tick.ts";

// With these reasons pg_cron does not start the job as it is registered.
const NOT_AS_SCHEDULED = new Set([
  "schedule_missing",
  "schedule_inactive",
  "schedule_differs",
  "command_differs",
  "scheduler_dead",
  "setting_missing",
  "setting_unreadable",
  "database_copy",
]);

/**
 * @returns when pg_cron starts the job next, in ISO 8601; null when it does
 *   not, or when that cannot be known.
 */
export function nextRunOf(
  { registered, enabled, paused, schedule, reasons }: JobHealth,
  { system }: Health,
  now: Date,
): string | null {
  const isStarted = registered && enabled && paused === null &&
    ![...reasons, ...system.reasons]
      .some(({ code }) => NOT_AS_SCHEDULED.has(code));
  return isStarted && schedule !== null
    ? nextTick(schedule, now)?.toISOString() ?? null
    : null;
}
