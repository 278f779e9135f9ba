import type { Database } from "./database.ts";

/**
 * Takes a job's entry out of pg_cron for the length of some work, failed or
 * not, as if it had been enabled a week ago.
 */
export async function withoutSchedule(
  sql: Database,
  jobName: string,
  work: () => Promise<void>,
): Promise<void> {
  const [{ enabledAt, entry, schedule, command }] = await sql`
    select
      definition.enabled_at as "enabledAt",
      entry.jobname as entry,
      entry.schedule,
      entry.command
    from jobs.definitions as definition
    join cron.job as entry on entry.jobname = definition.cron_job_name
    where definition.job_name = ${jobName}
  `;
  await sql`select cron.unschedule(${entry}::text)`;
  await sql`
    update jobs.definitions
    set enabled_at = now() - interval '7 days'
    where job_name = ${jobName}
  `;
  try {
    await work();
  } finally {
    await sql`select cron.schedule(${entry}, ${schedule}, ${command})`;
    await sql`
      update jobs.definitions
      set enabled_at = ${enabledAt}
      where job_name = ${jobName}
    `;
  }
}
