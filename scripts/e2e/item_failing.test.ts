import { equal, match } from "node:assert/strict";
import { about, startAlertServices } from "../stand_ins/alert_services.ts";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { everythingDelivered } from "./support/alerts.ts";
import { within } from "./support/events.ts";
import { checkHealth } from "./support/health_check.ts";
import { startListener } from "./support/listener.ts";
import { withoutSupervisor } from "./support/supervisor.ts";
import { withTriggerOnInstallments } from "./support/trigger.ts";

const JOB = "update-installment-statuses";

const RAISES_FOR_KIWI = `
  if exists (
    select 1
    from public.payment_plans as plan
    join public.agencies as agency on agency.id = plan.agency_id
    where plan.id = new.payment_plan_id and agency.name = 'Kiwi Pathways'
  ) then
    raise exception 'the CRM refuses the student';
  end if;
  return new;
`;

Deno.test("one agency of 22 whose trigger raises is reported by name after its second run, and when it works again", () =>
  withDatabase((sql) =>
    withoutSupervisor(sql, async () => {
      await emptyDatabase(sql);
      for (let number = 1; number < 22; number++) {
        await insertAgency(sql, { name: `Agency ${number}` });
      }
      const kiwi = await insertAgency(sql, { name: "Kiwi Pathways" });
      await insertInstallments(sql, kiwi, { count: 2 });
      await using services = await startAlertServices();
      await using _listener = await startListener({
        env: services.environment,
      });
      const calls = () => [
        ...services.slack.calls.entries,
        ...services.resend.calls.entries,
      ];

      await withTriggerOnInstallments(
        sql,
        { level: "row", body: RAISES_FOR_KIWI },
        async () => {
          equal(await dispatched(sql), "success, 22 of 22 items, 1 failed");
          equal(calls().length, 0, "one failure raises no alert");

          equal(await dispatched(sql), "success, 22 of 22 items, 1 failed");
          const alerts = await within(
            20_000,
            "the agency is reported",
            services.delivered(about(JOB, /Item Failing/)),
          );
          for (const { text } of Object.values(alerts)) {
            match(text, /Kiwi Pathways was left out: it failed in 2 runs/);
            match(text, /the CRM refuses the student/);
          }

          equal(await dispatched(sql), "success, 22 of 22 items, 1 failed");
          await everythingDelivered(sql);
          equal(calls().length, 2, "the third run raises no further alert");
        },
      );

      const { body } = await checkHealth({ dryRun: true });
      const [health] = body.jobs;
      equal(health.status, "warning");
      equal(health.reasons[0].message, "One item failed in its last 3 runs.");
      equal(health.lastRun.failedItems, 1);
      equal(health.failingItems[0].name, "Kiwi Pathways");
      match(health.failingItems[0].error, /the CRM refuses the student/);

      equal(await dispatched(sql), "success, 22 of 22 items, 0 failed");
      await within(
        20_000,
        "the recovery is reported",
        services.delivered(about(JOB, /Job Recovered/)),
      );
    })
  ));

/** Starts the job as pg_cron does, and waits for its end. */
async function dispatched(sql: Database): Promise<string> {
  const [{ id }] = await sql<{ id: string }[]>`
    select jobs.dispatch(${JOB}, 'cron') as id
  `;
  const [{ result }] = await sql<{ result: string }[]>`
    select format(
      '%s, %s of %s items, %s failed',
      status, items_processed, items_total, jsonb_array_length(errors)
    ) as result
    from public.jobs_log
    where id = ${id}
  `;
  return result;
}
