import { waitFor } from "../../stack/wait.ts";
import type { Database } from "./database.ts";

/**
 * Keeps pg_cron from supervising for the length of some work, failed or not,
 * because the real supervisor runs on the real clock.
 */
export async function withoutSupervisor<T>(
  sql: Database,
  work: () => Promise<T>,
): Promise<T> {
  await setActive(sql, false);
  try {
    await supervisorIsIdle(sql);
    return await work();
  } finally {
    await setActive(sql, true);
  }
}

async function setActive(sql: Database, active: boolean): Promise<void> {
  await sql`
    select cron.alter_job(job_id => jobid, active => ${active})
    from cron.job
    where jobname in (
      'job-supervisor', 'job-due-checks', 'check-job-health-hourly'
    )
  `;
}

async function supervisorIsIdle(sql: Database): Promise<void> {
  const idle = await waitFor(async () => {
    const [{ busy }] = await sql<{ busy: boolean }[]>`
      select exists (
        select 1
        from cron.job_run_details as tick
        join cron.job as entry using (jobid)
        where entry.jobname in (
            'job-supervisor', 'job-due-checks', 'check-job-health-hourly'
          )
          and tick.status in ('starting', 'running')
      ) as busy
    `;
    return busy ? undefined : true;
  }, 60_000);
  if (idle === undefined) throw new Error("The supervisor does not end.");
}
