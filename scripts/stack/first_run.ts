import type { StackConfig } from "./config.ts";
import { withDatabase } from "./database.ts";
import { StackError } from "./errors.ts";
import type { Progress } from "./progress.ts";
import { type JobRun, MAIN_JOB, waitForRun } from "./runs.ts";
import { waitFor } from "./wait.ts";

const ENTRY = "duewatch-first-run";

// pg_cron fires at full minutes.
const TICK_TIMEOUT_MS = 90_000;
const RUN_TIMEOUT_MS = 120_000;

/**
 * Lets pg_cron itself trigger the main job at the next full minute, and waits
 * until that run has ended.
 *
 * @throws StackError when pg_cron does not fire, with what it recorded.
 */
export async function runFirstTime(
  config: StackConfig,
  progress: Progress,
): Promise<JobRun> {
  const since = await schedule(config);
  const seconds = 60 - new Date().getUTCSeconds();
  progress.step(
    `Waiting for pg_cron to trigger the job at the full minute (${seconds} s)`,
  );
  try {
    const runId = await waitForTick(config, since);
    progress.step("The job is running");
    return await waitForRun(config, runId, RUN_TIMEOUT_MS);
  } finally {
    await unschedule(config);
  }
}

/** Removes the one-off entry that an interrupted start may have left. */
export async function unschedule(config: StackConfig): Promise<void> {
  await withDatabase(config, (sql) =>
    sql`
      select cron.unschedule(job_name => jobname)
      from cron.job
      where jobname = ${ENTRY}
    `);
}

async function schedule(config: StackConfig): Promise<Date> {
  return await withDatabase(config, async (sql) => {
    const [{ now }] = await sql<{ now: Date }[]>`
      select clock_timestamp() as now
    `;
    // Should this start be interrupted, the entry does nothing more after one
    // successful run, until the next start removes it.
    await sql`
      select cron.schedule(
        job_name => ${ENTRY},
        schedule => '* * * * *',
        command => ${`select jobs.dispatch('${MAIN_JOB}', 'cron')
where not exists (
  select
  from public.jobs_log
  where job_name = '${MAIN_JOB}'
    and status = 'success'
)`}
      )
    `;
    return now;
  });
}

async function waitForTick(config: StackConfig, since: Date): Promise<string> {
  const runId = await waitFor(
    () => findCronRun(config, since),
    TICK_TIMEOUT_MS,
    500,
  );
  if (runId !== undefined) return runId;
  throw new StackError(
    `pg_cron did not trigger the job within ${TICK_TIMEOUT_MS / 1000} ` +
      `seconds. ${await describeTicks(config)}`,
  );
}

async function findCronRun(
  config: StackConfig,
  since: Date,
): Promise<string | undefined> {
  return await withDatabase(config, async (sql) => {
    const [row] = await sql<{ id: string }[]>`
      select run.id
      from public.jobs_log as run
      where run.job_name = ${MAIN_JOB}
        and run.trigger_source = 'cron'
        and run.started_at >= ${since}
        and exists (
          select
          from cron.job_run_details as tick
          where tick.command like '%' || ${MAIN_JOB} || '%'
            and tick.start_time >= ${since}
        )
      order by run.started_at
      limit 1
    `;
    return row?.id;
  });
}

async function describeTicks(config: StackConfig): Promise<string> {
  return await withDatabase(config, async (sql) => {
    const [tick] = await sql<{ status: string; message: string | null }[]>`
      select status, return_message as message
      from cron.job_run_details
      order by runid desc
      limit 1
    `;
    return tick === undefined
      ? "It recorded no attempt: see the log of Postgres."
      : `Its last attempt: ${tick.status}, ${tick.message ?? "no message"}.`;
  });
}
