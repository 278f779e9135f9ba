import { Cron } from "croner";

/**
 * Says when pg_cron starts a job next.
 *
 * @param schedule a cron expression, read in UTC as pg_cron reads it.
 * @returns null when there is no such instant, and for what is no expression
 *   of five fields: `30 seconds` counts from the last start.
 */
export function nextTick(schedule: string, after: Date): Date | null {
  return readCron(schedule)?.nextRun(after) ?? null;
}

/**
 * Reads a cron expression in UTC as pg_cron reads it, for several questions.
 *
 * @returns null for what is no expression of five fields.
 */
export function readCron(schedule: string): Pick<Cron, "nextRun"> | null {
  // pg_cron writes the last day of the month in another way.
  const pattern = schedule.trim().replaceAll("$", "L");
  const [, , dayOfMonth = "", , dayOfWeek = ""] = pattern.split(/\s+/);
  try {
    return new Cron(pattern, {
      timezone: "UTC",
      mode: "5-part",
      // Both have to match where one of them begins with a star, also as */2;
      // else one is enough. So does Vixie's cron, which pg_cron has.
      domAndDow: dayOfMonth.startsWith("*") || dayOfWeek.startsWith("*"),
    });
  } catch (error) {
    // Which of them it is depends on what is wrong with the expression.
    if (error instanceof TypeError || error instanceof RangeError) return null;
    throw error;
  }
}
