// Follows the tests of the monitoring procedures step by step, with our commands.
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import {
  about,
  type AlertServices,
  startAlertServices,
} from "../stand_ins/alert_services.ts";
import { insertAgency } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { within } from "./support/events.ts";
import { withFunctionSecrets } from "./support/function_secrets.ts";
import { callJob } from "./support/functions.ts";
import { checkHealth, reportOf } from "./support/health_check.ts";
import { withoutSchedule } from "./support/schedule.ts";
import { config } from "./support/stack.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

const JOB = "update-installment-statuses";

/** A stack whose health check has the channels; there is no listener. */
function withChannels(
  work: (services: AlertServices, sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase(async (sql) => {
      await emptyDatabase(sql);
      await using services = await startAlertServices();
      await withFunctionSecrets(
        "check-job-health",
        services.environment,
        () => work(services, sql),
      );
    });
}

Deno.test(
  "Test 1: a simulated job failure is delivered to Slack and email within 70 seconds, by pg_cron alone",
  withChannels(async (services, sql) => {
    const message = "TEST ALERT - Please ignore this simulated failure";
    await sql`
      INSERT INTO jobs_log (job_name, started_at, completed_at, status, error_message)
      VALUES (
        'update-installment-statuses',
        now(),
        now(),
        'failed',
        ${message}
      )
    `;
    const committedAt = performance.now();

    const delivered = await within(
      90_000,
      "the alert is in Slack and in the mail",
      services.delivered(about(JOB, /Job Failed/)),
    );
    for (const { arrivedAt, text } of Object.values(delivered)) {
      const seconds = (arrivedAt - committedAt) / 1_000;
      ok(seconds < 70, `it took ${seconds} s`);
      match(text, new RegExp(message));
    }

    await sql`DELETE FROM jobs_log WHERE error_message = ${message}`;
    const [{ forgotten }] = await sql`
      select jobs.close_incidents_silently(${JOB}) as forgotten
    `;
    equal(forgotten, 1);
    equal((await callJob()).status, 200);
    const kinds =
      await sql`select kind from jobs.alerts where job_name = ${JOB}`;
    deepEqual(kinds.map(({ kind }) => kind), ["run_failed"]);
  }),
);

Deno.test(
  "Test 2: the health check reports a missed execution as critical, with the hours since the last run",
  withChannels(async (services, sql) => {
    await withoutSupervisor(sql, () =>
      withoutSchedule(sql, JOB, async () => {
        await sql`
          insert into public.jobs_log (job_name, started_at, completed_at, status)
          select ${JOB}, at, at, 'success'
          from (select now() - interval '26 hours') as run (at)
        `;
        const { status, body } = await checkHealth();
        equal(status, 503);
        equal(body.status, "critical");
        const delivered = await within(
          20_000,
          "the alert is in Slack and in the mail",
          services.delivered(about(JOB, /Job Missed/)),
        );
        for (const { text } of Object.values(delivered)) {
          match(text, /\b26 hours/);
        }

        const migration = join(
          config.repoDir,
          "supabase/schemas/installments/marking/update_installment_statuses_job.sql",
        );
        await sql.unsafe(await Deno.readTextFile(migration));
        equal((await callJob()).status, 200);
        const recovered = (await checkHealth()).body;
        deepEqual(reportOf(recovered, JOB).reasons, []);
        await within(
          20_000,
          "the recovery is delivered",
          services.delivered(about(JOB, /Job Recovered/)),
        );
      }));
  }),
);

Deno.test(
  "Test 3: a past-due installment is overdue after a manual trigger, and the run is logged",
  () =>
    withDatabase(async (sql) => {
      await emptyDatabase(sql);
      const { planId } = await insertAgency(sql);
      const [{ id }] = await sql`
        INSERT INTO installments (payment_plan_id, amount, student_due_date, status)
        VALUES (
          ${planId},
          100.00,
          CURRENT_DATE - INTERVAL '2 days',
          'pending'
        )
        returning id
      `;

      equal((await callJob()).status, 200);

      const [run] = await sql`
        SELECT * FROM jobs_log
        WHERE job_name = 'update-installment-statuses'
        ORDER BY started_at DESC
        LIMIT 1
      `;
      equal(run.status, "success");
      equal(run.records_updated >= 1, true);
      const [installment] = await sql`
        SELECT * FROM installments
        WHERE id = ${id}
      `;
      equal(installment.status, "overdue");
    }),
);
