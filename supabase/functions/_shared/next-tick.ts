import { Cron } from "croner";

/**
 * Says when pg_cron starts a job next.
 *
 * @param schedule a cron expression, read in UTC as pg_cron reads it.
 * @returns null when there is no such instant, and for what is no expression
 *   of five fields: `30 seconds` counts from the last start.
 */
export function nextTick(schedule: string, after: Date): Date | null {
  // pg_cron writes the last day of the month in another way.
  const pattern = schedule.trim().replaceAll("$", "L");
  const [, , dayOfMonth = "", , dayOfWeek = ""] = pattern.split(/\s+/);
  try {
    return new Cron(pattern, {
      timezone: "UTC",
      mode: "5-part",
      // Both have to match where one of them begins with a star, as in Vixie's
      // cron; else one is enough.
      domAndDow: dayOfMonth.startsWith("*") || dayOfWeek.startsWith("*"),
    }).nextRun(after);
  } catch (error) {
    // Which of them it is depends on what is wrong with the expression.
    if (error instanceof TypeError || error instanceof RangeError) return null;
    throw error;
  }
}
