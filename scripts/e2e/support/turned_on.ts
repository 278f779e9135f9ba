import { deepEqual } from "node:assert/strict";
import { functionNames } from "../../functions/catalog.ts";
import type { Database } from "./database.ts";
import type { Follower } from "./follower.ts";
import { config } from "./stack.ts";

/** The functions answer, and pg_cron starts the job. */
export async function assertTurnedOn({ sql, api }: Follower): Promise<void> {
  deepEqual([...api.deployed].sort(), await functionNames(config.repoDir));
  deepEqual(await lastRunAndEntry(sql), {
    status: "success",
    trigger_source: "manual",
    active: true,
  });
}

/** How the last run ended, and whether pg_cron starts the job. */
export async function lastRunAndEntry(sql: Database) {
  const [row] = await sql`
    select run.status, run.trigger_source, entry.active
    from public.jobs_log as run
    cross join cron.job as entry
    where entry.jobname = 'update-installment-statuses-daily'
    order by run.started_at desc
    limit 1
  `;
  return { ...row };
}

/** Whether pg_cron starts the main job. */
export async function isOn(sql: Database): Promise<boolean> {
  const [{ active }] = await sql`
    select active
    from cron.job
    where jobname = 'update-installment-statuses-daily'
  `;
  return active;
}
