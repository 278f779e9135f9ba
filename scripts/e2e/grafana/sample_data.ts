import { insertFailure } from "../support/alerts.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "../support/database.ts";
import { writeListedResults } from "../support/run_results.ts";
import { withoutSupervisor } from "../support/supervisor.ts";
import type { Choice } from "./macros.ts";

export const MAIN_JOB = "update-installment-statuses";
/** A name that would do harm if it were not quoted. */
export const HOSTILE_JOB = `o'clock "); drop table jobs_log; -- \\`;

const AGENCY = "22222222-2222-4222-8222-222222222222";

/** What people may have chosen when they look at a dashboard. */
export function choices(): Choice[] {
  const to = new Date();
  const from = new Date(to.getTime() - 30 * 24 * 3_600_000);
  return [MAIN_JOB, HOSTILE_JOB].map((jobName) => ({ from, to, jobName }));
}

/** Runs some work on a project that has something to show in every panel. */
export function withSampleData(
  work: (sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        await sql`
          select public.claim_job_alerts(
            channels => ${sql.json([{ name: "slack", kinds: ["run_failed"] }])},
            max_count => 1
          )
        `;
        for (const jobName of [MAIN_JOB, HOSTILE_JOB]) {
          await insertHistory(sql, jobName);
          await insertFailure(sql, jobName);
        }
        await writeListedResults(sql);
        await work(sql);
      })
    );
}

async function insertHistory(sql: Database, jobName: string): Promise<void> {
  const metadata = {
    agencies: [{
      agency_id: AGENCY,
      updated_count: 3,
      transitions: { pending_to_overdue: 3 },
    }],
  };
  await sql`
    insert into public.jobs_log (
      job_name, started_at, completed_at, status, records_updated, metadata
    )
    select
      ${jobName},
      at,
      at + interval '2 seconds',
      'success',
      3,
      ${sql.json(metadata)}
    from generate_series(
      now() - interval '3 days',
      now() - interval '1 hour',
      interval '1 day'
    ) as at
  `;
}
