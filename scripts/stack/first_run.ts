import type { StackConfig } from "./config.ts";
import { type Database, withDatabase } from "./database.ts";
import { StackError } from "./errors.ts";
import type { Progress } from "./progress.ts";
import { type JobRun, MAIN_JOB, waitForRun } from "./runs.ts";
import { waitFor } from "./wait.ts";

const ENTRY = "duewatch-first-run";

// Should the start be interrupted, the entry does nothing more after one
// successful run, until the next start removes it.
const COMMAND = `select jobs.dispatch('${MAIN_JOB}', 'cron')
where not exists (
  select
  from public.jobs_log
  where job_name = '${MAIN_JOB}'
    and status = 'success'
)`;

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
  const seconds = 60 - new Date().getUTCSeconds();
  progress.step(
    `Waiting for pg_cron to trigger the job at the full minute (${seconds} s)`,
  );
  try {
    return await withDatabase(config, async (sql) => {
      const runId = await waitForTick(sql);
      progress.step("The job is running");
      return await waitForRun(sql, runId, RUN_TIMEOUT_MS);
    });
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

/** @returns the id of the run that pg_cron has begun. */
async function waitForTick(sql: Database): Promise<string> {
  const [{ since }] = await sql<{ since: Date }[]>`
    select clock_timestamp() as since
  `;
  await sql`
    select cron.schedule(
      job_name => ${ENTRY},
      schedule => '* * * * *',
      command => ${COMMAND}
    )
  `;
  const run = await waitFor(
    async () => {
      const [run] = await sql<{ id: string }[]>`
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
      return run;
    },
    TICK_TIMEOUT_MS,
    500,
  );
  if (run !== undefined) return run.id;
  const [tick] = await sql<{ status: string; message: string | null }[]>`
    select status, return_message as message
    from cron.job_run_details
    order by runid desc
    limit 1
  `;
  throw new StackError(
    `pg_cron did not trigger the job within ${TICK_TIMEOUT_MS / 1000} ` +
      "seconds. " +
      (tick === undefined
        ? "It recorded no attempt: see the log of Postgres."
        : `Its last attempt: ${tick.status}, ${tick.message ?? "no message"}.`),
  );
}
