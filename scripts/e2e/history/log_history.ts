import type { Database } from "../support/database.ts";
import { writeListedResults } from "../support/run_results.ts";
import { type Instant, isoOf, MINUTE } from "./instant.ts";
import type { LoggedRun } from "./logged_run.ts";

/**
 * Writes runs as they come about: some are logged when they have ended, some
 * when they start, and the supervisor ends those that do not end themselves.
 *
 * @param reapedAt when the supervisor looks.
 * @returns the runs as they are afterwards.
 */
export async function logHistory(
  sql: Database,
  history: readonly LoggedRun[],
  reapedAt: Instant,
): Promise<LoggedRun[]> {
  // Every third is logged when it starts.
  const startsFirst = (_: LoggedRun, number: number) => number % 3 === 0;
  await insertRuns(
    sql,
    history.map((run, number) =>
      startsFirst(run, number)
        ? { ...run, status: "running", completedAt: null, errorMessage: null }
        : run
    ),
  );
  await writeListedResults(sql);
  await finishRuns(
    sql,
    history.filter(startsFirst).filter(({ status }) => status !== "running"),
  );
  return await reapRuns(sql, history, reapedAt);
}

async function insertRuns(
  sql: Database,
  runs: readonly LoggedRun[],
): Promise<void> {
  await sql`
    insert into public.jobs_log (
      id, job_name, started_at, completed_at, status, records_updated,
      trigger_source, error_message, errors, metadata
    )
    select
      id, job_name, started_at, completed_at, status, records_updated,
      trigger_source, error_message, nullif(errors, 'null'),
      nullif(metadata, 'null')
    from ${rowsOf(sql, runs)}
  `;
}

async function finishRuns(
  sql: Database,
  runs: readonly LoggedRun[],
): Promise<void> {
  await sql`
    update public.jobs_log as run
    set
      status = ended.status,
      completed_at = ended.completed_at,
      error_message = ended.error_message
    from ${rowsOf(sql, runs)}
    where run.id = ended.id
  `;
}

function rowsOf(sql: Database, runs: readonly LoggedRun[]) {
  const rows = runs.map((run) => ({
    id: run.id,
    job_name: run.jobName,
    started_at: isoOf(run.startedAt),
    completed_at: run.completedAt === null ? null : isoOf(run.completedAt),
    status: run.status,
    records_updated: run.recordsUpdated,
    trigger_source: run.triggerSource,
    error_message: run.errorMessage,
    errors: run.errors,
    metadata: run.agencies === null ? null : { agencies: run.agencies },
  }));
  return sql`
    jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as ended (
      id uuid, job_name text, started_at timestamptz, completed_at timestamptz,
      status text, records_updated int, trigger_source text,
      error_message text, errors jsonb, metadata jsonb
    )
  `;
}

const MAX_RUNTIME = 10n * MINUTE;

async function reapRuns(
  sql: Database,
  runs: readonly LoggedRun[],
  reapedAt: Instant,
): Promise<LoggedRun[]> {
  await sql`select jobs.reap_runs(as_of => ${isoOf(reapedAt)})`;
  const messages = new Map(
    (await sql<{ id: string; message: string }[]>`
      select id, error_message as message
      from public.jobs_log
      where status = 'failed'
    `).map(({ id, message }) => [id, message]),
  );
  return runs.map((run) =>
    run.status === "running" && run.startedAt <= reapedAt - MAX_RUNTIME
      ? {
        ...run,
        status: "failed",
        completedAt: reapedAt,
        errorMessage: messages.get(run.id) ?? null,
      }
      : run
  );
}
