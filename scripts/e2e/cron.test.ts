import { equal, match, ok } from "node:assert/strict";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import { emptyDatabase, withDatabase } from "./support/database.ts";
import { waitFor } from "../stack/wait.ts";

const ENTRY = "end-to-end-tick";

Deno.test("a tick of pg_cron runs the job by the way that the daily schedule takes", () =>
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
    try {
      const tick = await waitFor(async () => {
        const [details] = await sql`
          select details.status, details.return_message
          from cron.job_run_details as details
          join cron.job as entry using (jobid)
          where entry.jobname = ${ENTRY}
            and details.status in ('succeeded', 'failed')
        `;
        return details;
      }, 80_000);
      ok(tick, "pg_cron did not tick within 80 seconds");
      equal(tick.status, "succeeded", tick.return_message);
    } finally {
      await sql`select cron.unschedule(${ENTRY})`;
    }

    const [run] = await sql`
      select status, records_updated, trigger_source, error_message
      from public.jobs_log
      order by started_at
      limit 1
    `;
    equal(run.status, "success", run.error_message);
    equal(run.records_updated, 5);
    equal(run.trigger_source, "cron");
    match(daily.command, /jobs\.dispatch\('update-installment-statuses'/);
  }));
