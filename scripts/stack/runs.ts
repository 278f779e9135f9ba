import postgres from "postgres";
import type { StackConfig } from "./config.ts";
import { type Database, withDatabase } from "./database.ts";
import { StackError } from "./errors.ts";
import { waitFor } from "./wait.ts";

/** The job that marks overdue installments. */
export const MAIN_JOB = "update-installment-statuses";

/** One row of `jobs_log`. */
export interface JobRun {
  readonly id: string;
  readonly jobName: string;
  readonly triggerSource: string | null;
  readonly status: "running" | "success" | "failed";
  readonly startedAt: Date;
  readonly durationMs: number | null;
  readonly recordsUpdated: number | null;
  readonly itemsTotal: number | null;
  readonly itemsProcessed: number | null;
  readonly itemsFailed: number;
  readonly errors: readonly unknown[];
  readonly errorMessage: string | null;
}

/** One agency in the eyes of one run. */
export interface AgencyResult {
  readonly name: string;
  readonly timezone: string;
  /**
   * Local date and time at the run's start, `YYYY-MM-DD HH:MM`; `unknown` in a
   * zone that the server does not know.
   */
  readonly localTime: string;
  /** `HH:MM:SS` */
  readonly cutOff: string;
  /** Installments that the run marked overdue. */
  readonly becameOverdue: number;
  /** Whether the run left it out. */
  readonly hasFailed: boolean;
}

/** The newest run of a job that succeeded; `null` before the first. */
export async function lastSuccessfulRun(
  config: StackConfig,
  jobName: string,
): Promise<JobRun | null> {
  return await withDatabase(config, (sql) =>
    newestRun(
      sql,
      sql`job_name = ${jobName} and status = 'success'`,
    ));
}

async function newestRun(
  sql: Database,
  condition: postgres.PendingQuery<postgres.Row[]>,
): Promise<JobRun | null> {
  const [run] = await sql<JobRun[]>`
    select
      id,
      job_name as "jobName",
      trigger_source as "triggerSource",
      status,
      started_at as "startedAt",
      duration_ms::float8 as "durationMs",
      records_updated as "recordsUpdated",
      items_total as "itemsTotal",
      items_processed as "itemsProcessed",
      greatest(items_failed, jsonb_array_length(errors), 0) as "itemsFailed",
      coalesce(errors, '[]') as errors,
      error_message as "errorMessage"
    from public.jobs_log
    where ${condition}
    order by started_at desc
    limit 1
  `;
  return run ?? null;
}

/** Reads what a run of the main job did for each agency, by name. */
export async function readAgencyResults(
  config: StackConfig,
  runId: string,
): Promise<AgencyResult[]> {
  return await withDatabase(config, async (sql) =>
    await sql<AgencyResult[]>`
      select
        agencies.name,
        agencies.timezone,
        coalesce(
          to_char(
            jobs.local_time(run.started_at, agencies.timezone),
            'YYYY-MM-DD HH24:MI'
          ),
          'unknown'
        ) as "localTime",
        agencies.overdue_cutoff_time::text as "cutOff",
        coalesce((result ->> 'updated_count')::int, 0) as "becameOverdue",
        coalesce(run.errors @> jsonb_build_array(jsonb_build_object('id', agencies.id)), false) as "hasFailed"
      from public.jobs_log as run
      cross join public.agencies
      left join lateral jsonb_array_elements(
        coalesce(run.metadata -> 'agencies', '[]')
      ) as result on result ->> 'agency_id' = agencies.id::text
      where run.id = ${runId}
      order by agencies.name
    `);
}

/**
 * Triggers a job as an operator would and waits until its run has ended.
 *
 * @throws StackError when the database refuses, for instance because there is
 *   no such job, or when the run is still under way after ten minutes.
 */
export async function triggerJob(
  config: StackConfig,
  jobName: string,
): Promise<JobRun> {
  return await withDatabase(config, async (sql) => {
    const runId = await dispatch(sql, jobName);
    return await waitForRun(sql, runId, 600_000);
  });
}

async function dispatch(sql: Database, jobName: string): Promise<string> {
  try {
    const [{ runId }] = await sql<{ runId: string }[]>`
      select jobs.dispatch(
        job_name => ${jobName},
        trigger_source => 'manual'
      ) as "runId"
    `;
    return runId;
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    throw new StackError(`The job was not triggered: ${error.message}.`);
  }
}

/**
 * Waits until a run has ended.
 *
 * @throws StackError when it has not after that time, in milliseconds.
 */
export async function waitForRun(
  sql: Database,
  runId: string,
  timeoutMs: number,
): Promise<JobRun> {
  const ended = sql`id = ${runId} and status <> 'running'`;
  const run = await waitFor(
    async () => await newestRun(sql, ended) ?? undefined,
    timeoutMs,
    250,
  );
  if (run !== undefined) return run;
  throw new StackError(
    `The run ${runId} has not ended after ${timeoutMs / 1000} seconds: see ` +
      "its row in public.jobs_log.",
  );
}
