import { equal, match, ok } from "node:assert/strict";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { waitFor } from "../stack/wait.ts";

const ENTRY = "end-to-end-tick";
const POSTPONED = "end-to-end-postponed";

Deno.test("a tick of pg_cron runs the job with the command of the daily schedule", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await insertInstallments(sql, await insertAgency(sql), { count: 5 });

    const [daily] = await sql`
      select schedule, command, active
      from cron.job
      where jobname = 'update-installment-statuses-daily'
    `;
    equal(daily.schedule, "0 7 * * *");
    equal(daily.active, true);

    // The same command, at the next full minute instead of at seven.
    await sql`select cron.schedule(${ENTRY}, '* * * * *', ${daily.command})`;
    // Entries that do not run every minute are not started here, because the
    // tests must not depend on the hour.
    await sql`
      select cron.schedule(${POSTPONED}, '*/1 * * * *', ${daily.command})
    `;
    try {
      const tick = await ended(sql, ENTRY);
      ok(tick, "pg_cron did not tick within 80 seconds");
      equal(tick.status, "succeeded", tick.message);
      equal((await ended(sql, POSTPONED))?.status, "failed");
    } finally {
      await sql`
        select cron.unschedule(jobname)
        from cron.job
        where jobname in (${ENTRY}, ${POSTPONED})
      `;
    }

    const [run, ...others] = await sql`
      select status, records_updated, trigger_source, error_message
      from public.jobs_log
      order by started_at
    `;
    equal(others.length, 0);
    equal(run.status, "success", run.error_message);
    equal(run.records_updated, 5);
    equal(run.trigger_source, "cron");
    match(daily.command, /jobs\.dispatch\('update-installment-statuses'/);
  }));

/** How the first tick of an entry ended. */
async function ended(
  sql: Database,
  entry: string,
): Promise<{ status: string; message: string } | undefined> {
  return await waitFor(async () => {
    const [details] = await sql<{ status: string; message: string }[]>`
      select details.status, details.return_message as message
      from cron.job_run_details as details
      join cron.job as entry using (jobid)
      where entry.jobname = ${entry}
        and details.status in ('succeeded', 'failed')
      order by details.runid
    `;
    return details;
  }, 80_000);
}
