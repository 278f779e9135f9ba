import type postgres from "postgres";
import { writeCursor } from "../../supabase/functions/job-logs/cursor.ts";
import { CHANGED_AGENCIES, MAIN_JOB, OTHER_JOBS } from "./job_log_data.ts";

/** How many requests are under way at a time. */
export const AT_ONCE = 20;

/** Something that is asked over HTTP, again and again. */
export interface ReadRequest {
  readonly name: string;
  /** Paths of functions with their queries, which are asked in turns. */
  readonly paths: readonly string[];
  /** Without it the request is refused. */
  readonly withKey: boolean;
  /** The status that the answer must have. */
  readonly status: number;
  /** What the 95th percentile is wanted to be below, in milliseconds. */
  readonly wantedMs?: number;
  /** What its function asks of the database, where the two are compared. */
  readonly statement?: string;
  /** Whether an answer holds what was asked for. */
  readonly isRight: (text: string) => boolean;
}

const METRICS_MS = 60;
const HEALTH_MS = 30;
const LOGS_MS = 20;

const [ONE_JOB] = OTHER_JOBS;

/** Everything that is measured, on the log that `loadJobLog` has loaded. */
export async function readRequests(sql: postgres.Sql): Promise<ReadRequest[]> {
  const asked = { withKey: true, status: 200 };
  const metrics = { ...asked, wantedMs: METRICS_MS };
  const logs = { ...asked, wantedMs: LOGS_MS, isRight: hasRuns(30) };
  return [
    {
      name: "a refused request",
      paths: ["job-logs"],
      withKey: false,
      status: 401,
      isRight: (text) => text.includes("error"),
    },
    {
      ...metrics,
      name: "job-metrics, one job",
      paths: [`job-metrics?jobName=${ONE_JOB}`],
      statement: `select public.get_job_metrics('${ONE_JOB}')`,
      isRight: hasJobs(1),
    },
    {
      ...metrics,
      name: "job-metrics, one job, 20 different windows",
      paths: Array.from(
        { length: AT_ONCE },
        (_, n) => `job-metrics?jobName=${nthJob(n)}&days=${n < 10 ? 30 : 29}`,
      ),
      isRight: hasJobs(1),
    },
    {
      ...metrics,
      name: "job-metrics, the main job",
      paths: [`job-metrics?jobName=${MAIN_JOB}`],
      statement: `select public.get_job_metrics('${MAIN_JOB}')`,
      isRight: (text) => JSON.parse(text).agencies.length === CHANGED_AGENCIES,
    },
    {
      ...metrics,
      name: "job-metrics, all jobs",
      paths: ["job-metrics"],
      statement: "select public.get_job_metrics()",
      isRight: hasJobs(1 + OTHER_JOBS.length),
    },
    {
      ...metrics,
      name: "job-metrics?format=prometheus",
      paths: ["job-metrics?format=prometheus"],
      statement: "select public.get_job_counters()",
      isRight: (text) => text.includes(ONE_JOB),
    },
    {
      ...asked,
      name: "check-job-health?dryRun=true",
      // Critical: nothing is scheduled on this stack.
      status: 503,
      paths: ["check-job-health?dryRun=true"],
      wantedMs: HEALTH_MS,
      statement: "select public.get_job_health()",
      isRight: hasJobs(1 + OTHER_JOBS.length),
    },
    {
      ...logs,
      name: "job-logs, the first page",
      paths: ["job-logs"],
      statement:
        "select public.list_job_runs(max_count => 31, omit_key => 'agencies')",
    },
    {
      ...logs,
      name: "job-logs, 20 different pages of one job, deep down",
      paths: await deepPages(sql),
    },
    {
      ...logs,
      name: "job-logs, a page of the main job",
      paths: [`job-logs?jobName=${MAIN_JOB}`],
      statement:
        `select public.list_job_runs('${MAIN_JOB}', max_count => 31, omit_key => 'agencies')`,
    },
  ];
}

function nthJob(n: number): string {
  return [...OTHER_JOBS, MAIN_JOB][n % (1 + OTHER_JOBS.length)];
}

/** Pages of one job that begin 100, 110, 120, … days ago. */
async function deepPages(sql: postgres.Sql): Promise<string[]> {
  const ends = await sql<{ id: string; started_at: string }[]>`
    select
      run.id,
      to_char(run.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as started_at
    from generate_series(0, ${AT_ONCE}::int - 1) as n
    cross join lateral (
      select logged.*
      from public.jobs_log as logged
      where logged.job_name = ${ONE_JOB}
        and logged.started_at <= now() - interval '1 day' * (100 + 10 * n)
      order by logged.started_at desc
      limit 1
    ) as run
  `;
  return ends.map(({ id, started_at }) => {
    const cursor = writeCursor({ id, startedAt: started_at });
    return `job-logs?jobName=${ONE_JOB}&cursor=${cursor}`;
  });
}

function hasJobs(wanted: number): (text: string) => boolean {
  return (text) => JSON.parse(text).jobs.length === wanted;
}

function hasRuns(wanted: number): (text: string) => boolean {
  return (text) => JSON.parse(text).data.length === wanted;
}
