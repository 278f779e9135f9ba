import type postgres from "postgres";
import type { Scale } from "./scale.ts";

/** The job that runs once a day and logs what it changed for each agency. */
export const MAIN_JOB = "update-installment-statuses";

/** Jobs that share the other runs among them. */
export const OTHER_JOBS: readonly string[] = Array.from(
  { length: 9 },
  (_, n) => `bench-job-${n + 1}`,
);

/** How many agencies a run of the main job has changed something for. */
export const CHANGED_AGENCIES = 1_500;

const DAYS = 365;
const LONGEST_SECONDS = 20;
const FAILED_SHARE = 0.03;

/**
 * Replaces the log by a year of runs that ends now: the main job's, one a day,
 * and those of the other jobs, in turns and evenly spread. The triggers of the
 * log are off meanwhile: 30,000 failures would be 30,000 alerts.
 */
export async function loadJobLog(
  sql: postgres.Sql,
  { runs }: Scale,
): Promise<void> {
  await sql`
    truncate
      public.jobs_log,
      jobs.run_results,
      jobs.run_totals,
      jobs.incidents,
      jobs.alerts,
      jobs.alert_deliveries
  `;
  await registerOtherJobs(sql);
  await sql`alter table public.jobs_log disable trigger user`;
  await sql`select setseed(0.5)`;
  await insertRunsOfOtherJobs(sql, runs - DAYS);
  await insertRunsOfMainJob(sql);
  await sql`alter table public.jobs_log enable trigger user`;
  await sql`vacuum (analyze) public.jobs_log`;
  await sql`
    select jobs.count_ended_runs(array_agg(run.id))
    from public.jobs_log as run
  `;
  await sql`
    insert into jobs.run_results (run_id, item_id, transition, updated_count)
    select
      run.id,
      md5('agency' || n)::uuid,
      'pending_to_overdue',
      1 + n % 20
    from public.jobs_log as run
    cross join generate_series(1, ${CHANGED_AGENCIES}::int) as n
    where run.job_name = ${MAIN_JOB}
  `;
  await sql`vacuum (analyze) jobs.run_results`;
}

async function registerOtherJobs(sql: postgres.Sql): Promise<void> {
  await sql`
    select jobs.unregister(shipped.job_name)
    from jobs.definitions as shipped
    where shipped.job_name <> ${MAIN_JOB}
  `;
  await sql`
    select jobs.register(
      job_name => other.name,
      description => 'A job of the benchmark',
      schedule => '*/5 * * * *'
    )
    from unnest(${OTHER_JOBS}::text[]) as other (name)
  `;
  // Nothing may start them: they have no function.
  await sql`select cron.unschedule(entry.jobid) from cron.job as entry`;
}

async function insertRunsOfOtherJobs(
  sql: postgres.Sql,
  runs: number,
): Promise<void> {
  await sql`
    insert into public.jobs_log (
      job_name, started_at, completed_at, status, error_message,
      records_updated, items_total, items_processed, trigger_source, metadata
    )
    select
      (${OTHER_JOBS}::text[])[1 + n % ${OTHER_JOBS.length}::int],
      run.started_at,
      run.started_at + interval '1 second' * ${LONGEST_SECONDS} * random(),
      case when run.has_failed then 'failed' else 'success' end,
      case when run.has_failed then 'The service answered 503 three times.' end,
      (100 * random())::int,
      100,
      100,
      'cron',
      '{"attempts": 1}'
    from generate_series(0, ${runs}::int - 1) as n
    cross join lateral (
      select
        now() - interval '1 minute'
          - interval '1 day' * ${DAYS} * (1 - (n + 1) / ${runs}::float) as started_at,
        random() < ${FAILED_SHARE} as has_failed
    ) as run
  `;
}

async function insertRunsOfMainJob(sql: postgres.Sql): Promise<void> {
  await sql`
    with agencies as (
      select jsonb_agg(
        jsonb_build_object(
          'agency_id', md5('agency' || n)::uuid,
          'updated_count', 1 + n % 20,
          'transitions', jsonb_build_object('pending_to_overdue', 1 + n % 20)
        )
      ) as changed
      from generate_series(1, ${CHANGED_AGENCIES}::int) as n
    )
    insert into public.jobs_log (
      job_name, started_at, completed_at, status, records_updated,
      trigger_source, items_updated, metadata
    )
    select
      ${MAIN_JOB},
      run.started_at,
      run.started_at + interval '1 second' * ${LONGEST_SECONDS} * random(),
      'success',
      16000,
      'cron',
      ${CHANGED_AGENCIES}::int,
      jsonb_build_object(
        'agencies', agencies.changed,
        'total_agencies_processed', ${CHANGED_AGENCIES}::int,
        'attempts', 1
      )
    from agencies
    cross join generate_series(1, ${DAYS}::int) as n
    cross join lateral (
      select now() - interval '1 hour' - interval '1 day' * (${DAYS} - n) as started_at
    ) as run
  `;
}
