import { deepEqual, equal, match } from "node:assert/strict";
import { countByStatus, insertAgency } from "./support/arrange.ts";
import { insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { callJob } from "./support/functions.ts";
import { withTriggerOnInstallments } from "./support/trigger.ts";

interface AgencyCount {
  readonly agency_id: string;
  readonly updated_count: number;
  readonly transitions: { readonly pending_to_overdue: number };
}

async function loggedAgencies(
  sql: Database,
  runId: string,
): Promise<AgencyCount[]> {
  const [{ agencies }] = await sql<{ agencies: AgencyCount[] }[]>`
    select metadata -> 'agencies' as agencies
    from public.jobs_log
    where id = ${runId}
  `;
  return agencies;
}

Deno.test("the answer and the log of a run have all of 1,500 agencies", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await sql`
      with agency as (
        insert into public.agencies (name, timezone)
        select 'Agency ' || number, 'UTC'
        from generate_series(1, 1500) as number
        returning id
      ),
      plan as (
        insert into public.payment_plans (agency_id, status)
        select id, 'active'
        from agency
        returning id
      )
      insert into public.installments (
        payment_plan_id, amount, student_due_date, status
      )
      select plan.id, 10, current_date - 3, 'pending'
      from plan, generate_series(1, 2)
    `;

    const { status, body } = await callJob();

    equal(status, 200);
    equal(body.recordsUpdated, 3000);
    equal(body.agencies.length, 1500);
    const logged = await loggedAgencies(sql, body.runId);
    equal(logged.length, 1500);
    for (const agency of logged) {
      equal(agency.updated_count, 2);
      deepEqual(agency.transitions, { pending_to_overdue: 2 });
    }
    const [run] = await sql`
      select
        records_updated,
        items_total,
        items_processed,
        (metadata ->> 'total_agencies_processed')::int as total
      from public.jobs_log
    `;
    deepEqual({ ...run }, {
      records_updated: 3000,
      items_total: 1500,
      items_processed: 1500,
      total: 1500,
    });
  }));

Deno.test("a backlog is processed in batches that each commit separately", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const agency = await insertAgency(sql);
    for (const dueDaysAgo of [1, 5, 30]) {
      await insertInstallments(sql, agency, { dueDaysAgo, count: 4_200 });
    }

    const { body } = await callJob();

    equal(body.recordsUpdated, 12_600);
    deepEqual(await countByStatus(sql), { overdue: 12_600 });
    deepEqual(await loggedAgencies(sql, body.runId), [{
      agency_id: agency.id,
      updated_count: 12_600,
      transitions: { pending_to_overdue: 12_600 },
    }]);
    const [{ transactions }] = await sql`
      select count(distinct xmin::text)::int as transactions
      from public.installments
    `;
    equal(transactions, 3);
  }));

Deno.test("an agency whose own trigger raises is reported while the others are updated", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const good = await insertAgency(sql, { name: "Good" });
    const bad = await insertAgency(sql, { name: "Bad" });
    await insertAgency(sql, { name: "Idle" });
    await insertInstallments(sql, good, { count: 3 });
    await insertInstallments(sql, bad, { count: 2 });
    const body = `
      if exists (
        select 1
        from public.payment_plans as plan
        join public.agencies as agency on agency.id = plan.agency_id
        where plan.id = new.payment_plan_id and agency.name = 'Bad'
      ) then
        raise exception 'ledger of "%" is closed', 'Bad';
      end if;
      return new;
    `;
    await withTriggerOnInstallments(sql, { level: "row", body }, async () => {
      const { status, body } = await callJob();

      equal(status, 200);
      equal(body.recordsUpdated, 3);
      equal(body.errors.length, 1);
      equal(body.errors[0].id, bad.id);
      equal(body.errors[0].name, "Bad");
      match(body.errors[0].error, /ledger of "Bad" is closed/);
      deepEqual(await countByStatus(sql), { overdue: 3, pending: 2 });
      const [run] = await sql`select status, errors from public.jobs_log`;
      equal(run.status, "success");
      deepEqual(run.errors, body.errors);
    });
  }));

Deno.test("a run in which more than half of the agencies fail is failed and says why", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await insertInstallments(sql, await insertAgency(sql, { name: "Only" }));
    const body = "raise exception 'closed for the audit';";
    await withTriggerOnInstallments(sql, { level: "row", body }, async () => {
      const { status, body } = await callJob();

      equal(status, 500);
      match(body.error.message, /1 of 1 items failed.*closed for the audit/);
      const [run] =
        await sql`select status, error_message from public.jobs_log`;
      equal(run.status, "failed");
      equal(run.error_message, body.error.message);
    });
  }));
