import { deepEqual, equal, match } from "node:assert/strict";
import { about, startAlertServices } from "../stand_ins/alert_services.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import { checkHealth, reportOf } from "./support/health_check.ts";
import { startListener } from "./support/listener.ts";
import { withoutSupervisor } from "./support/supervisor.ts";
import { withoutSchedule } from "./support/schedule.ts";

const JOB = "update-installment-statuses";

Deno.test("a missed run of a job without a schedule raises an alert within an hour and a reminder after a day", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await using services = await startAlertServices();
    await using _listener = await startListener({ env: services.environment });
    await withoutSupervisor(sql, () =>
      withoutSchedule(sql, JOB, async () => {
        // The next one was expected 25 hours later: 26.5 hours before now.
        await insertSuccess(sql, { hoursAgo: 51.5 });
        const raised: number[] = [];
        for (let hoursAgo = 50; hoursAgo >= 0; hoursAgo--) {
          const alerts = await missedRuns(sql);
          await superviseAndCheck(sql, hoursAgo);
          const more = await missedRuns(sql) - alerts;
          for (let alert = 0; alert < more; alert++) raised.push(hoursAgo);
        }
        deepEqual(raised, [26, 2]);
      }));
    const delivered = await within(
      20_000,
      "the alert is delivered",
      services.delivered(about(JOB, /Job Missed/)),
    );
    for (const { text } of Object.values(delivered)) {
      match(text, /\b25\.5 hours/);
    }
  }));

Deno.test("the health check reports the age of the last run, and answers 503", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await withoutSupervisor(sql, () =>
      withoutSchedule(sql, JOB, async () => {
        await insertSuccess(sql, { hoursAgo: 26 });
        const { status, body } = await checkHealth({ dryRun: true });
        equal(status, 503);
        equal(body.status, "critical");
        const job = reportOf(body, JOB);
        equal(job.hoursSinceLastRun, 26);
        const reasons: readonly { code: string; message: string }[] =
          job.reasons;
        const missed = reasons.find(({ code }) => code === "run_missed");
        match(missed?.message ?? "", /\b26(\.0)? hours/);
        equal(reasons.some(({ code }) => code === "schedule_missing"), true);
      }));
  }));

async function insertSuccess(
  sql: Database,
  { hoursAgo }: { hoursAgo: number },
): Promise<void> {
  await sql`
    insert into public.jobs_log (job_name, started_at, completed_at, status)
    select ${JOB}, started_at, started_at + interval '1 second', 'success'
    from (select now() - make_interval(secs => ${
    hoursAgo * 3600
  })) as run (started_at)
  `;
}

/** Runs what pg_cron runs in an hour, with the clock set back. */
async function superviseAndCheck(
  sql: Database,
  hoursAgo: number,
): Promise<void> {
  await sql`
    select
      jobs.supervise(as_of => as_of),
      public.get_job_health(as_of => as_of, raise_alerts => true)
    from (select now() - make_interval(hours => ${hoursAgo})) as clock (as_of)
  `;
}

async function missedRuns(sql: Database): Promise<number> {
  const [{ count }] = await sql<{ count: number }[]>`
    select count(*)::int as count
    from jobs.alerts
    where kind = 'run_missed'
  `;
  return count;
}
