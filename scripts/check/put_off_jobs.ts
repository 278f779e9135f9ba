import { nextRun } from "../jobs/schedule.ts";
import type { StackConfig } from "../stack/config.ts";
import { withDatabase } from "../stack/database.ts";
import { MAIN_JOB } from "../stack/runs.ts";

const HOUR_MS = 3_600_000;

/**
 * Puts off the jobs that pg_cron would start while the tests are at work: tests
 * look at all runs there are. The main job stays as it is registered, since
 * they look at that, too.
 */
export async function putOffJobs(
  config: StackConfig,
  now = new Date(),
): Promise<void> {
  const later = new Date(now.getTime() + 12 * HOUR_MS);
  const schedule = `${later.getUTCMinutes()} ${later.getUTCHours()} * * *`;
  await withDatabase(config, async (sql) => {
    const jobs = await sql<{ name: string; schedule: string }[]>`
      select
        job_name as name,
        schedule
      from jobs.definitions
      where job_name <> ${MAIN_JOB}
    `;
    const soon = jobs.filter((job) => startsSoon(job.schedule, now));
    await sql`
      with put_off as (
        update jobs.definitions
        set
          schedule = ${schedule},
          expected_interval = '25 hours'
        where job_name = any (${soon.map(({ name }) => name)})
        returning cron_job_name
      )
      select cron.alter_job(job_id => entry.jobid, schedule => ${schedule})
      from put_off
      join cron.job as entry on entry.jobname = put_off.cron_job_name
    `;
  });
}

/** Whether a job may start within the hour, by its schedule. */
export function startsSoon(schedule: string, now: Date): boolean {
  const next = nextRun(schedule, now);
  // One in seconds has no next start that can be known.
  return next === null || next.getTime() < now.getTime() + HOUR_MS;
}
