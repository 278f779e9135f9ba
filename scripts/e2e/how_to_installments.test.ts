// Executes the statements of the pages about installments as they are written.
import { deepEqual, equal, ok } from "node:assert/strict";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { readPage } from "./support/pages.ts";
import { rolledBack, type Transaction } from "./support/rolled_back.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

/** The agency that the pages name. */
const NAME = "Harbour Gate Student Services";

async function statements(path: string): Promise<string[]> {
  const { blocks } = await readPage(`docs/how-to/${path}`);
  return blocks.filter(({ language }) => language === "sql")
    .map(({ code }) => code);
}

/** What the last statement of a page's block answers. */
async function execute(transaction: Transaction, code: string) {
  const rows = await transaction.unsafe(code);
  return rows.map((row) => ({ ...row }));
}

function onEmptyProject(
  work: (sql: Database, transaction: Transaction) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        await rolledBack(sql, (transaction) => work(sql, transaction));
      })
    );
}

async function statusesOf(transaction: Transaction): Promise<string[]> {
  const rows = await transaction`
    select status
    from public.installments
    order by status
  `;
  return rows.map(({ status }) => status);
}

Deno.test(
  "a wrong zone is taken back as the page says, and what was paid stays paid",
  onEmptyProject(async (_, transaction) => {
    const agency = await insertAgency(transaction, {
      name: NAME,
      timezone: "Pacific/Kiritimati",
      cutoff: "00:00:00",
    });
    // Due today in Brisbane: past the cut-off in Kiritimati, and there alone.
    await transaction`
      update public.agencies
      set overdue_cutoff_time = '23:59:59'
      where id = ${agency.id}
    `;
    await transaction`
      insert into public.installments (
        payment_plan_id, amount, student_due_date, status
      )
      select
        ${agency.planId},
        100,
        (now() at time zone 'Australia/Brisbane')::date + days,
        'pending'
      from unnest(array[0, 0, 0, -3]) as days
    `;
    await transaction`
      select public.update_installment_statuses(now() + interval '20 hours')
    `;
    await transaction`
      update public.installments
      set status = 'paid'
      where id in (
        select id
        from public.installments
        where student_due_date >= (now() at time zone 'Australia/Brisbane')::date
        limit 1
      )
    `;
    deepEqual(await statusesOf(transaction), [
      "overdue",
      "overdue",
      "overdue",
      "paid",
    ]);

    const [pause, look, change, dryRun, real, resume, ...others] =
      await statements("take-back-what-was-marked.md");
    deepEqual(others, []);
    await execute(transaction, pause);
    equal((await execute(transaction, look)).length, 3);
    await execute(transaction, change);
    const [planned] = await execute(transaction, dryRun);
    equal(JSON.parse(String(planned.jsonb_pretty)).corrected, 2);
    deepEqual((await statusesOf(transaction))[0], "overdue");
    const [done] = await execute(transaction, real);
    const { corrected, remaining, byAgency } = JSON.parse(
      String(done.jsonb_pretty),
    );
    deepEqual([corrected, remaining], [2, 0]);
    deepEqual(byAgency[0].reasons, { settings_changed: 2 });
    await execute(transaction, resume);
    deepEqual(await statusesOf(transaction), [
      "overdue",
      "paid",
      "pending",
      "pending",
    ]);
  }),
);

Deno.test(
  "the zone and the cut-off of an agency are changed as the page says",
  onEmptyProject(async (_, transaction) => {
    const agency = await insertAgency(transaction, { name: NAME });
    await insertInstallments(transaction, agency, { count: 3 });
    const [preview, change, dryRun, ...others] = await statements(
      "change-a-zone-or-cut-off.md",
    );
    deepEqual(others, []);
    const [previewed] = await execute(transaction, preview);
    equal(JSON.parse(String(previewed.jsonb_pretty)).installments, 3);
    await execute(transaction, change);
    const [{ timezone, overdue_cutoff_time }] = await transaction`
      select timezone, overdue_cutoff_time
      from public.agencies
      where id = ${agency.id}
    `;
    deepEqual([timezone, overdue_cutoff_time], ["Australia/Perth", "16:00:00"]);
    const [wrong] = await execute(transaction, dryRun);
    equal(JSON.parse(String(wrong.jsonb_pretty)).corrected, 0);
  }),
);

Deno.test(
  "cut-offs are followed as the page says",
  onEmptyProject(async (_, transaction) => {
    await insertAgency(transaction);
    const [turnOn, look, ...others] = await statements(
      "follow-the-cut-offs.md",
    );
    deepEqual(others, []);
    await execute(transaction, turnOn);
    await transaction`select jobs.is_due('update-installment-statuses')`;
    deepEqual(await execute(transaction, look), [
      { agencies: "1", waiting_for_a_run: "0" },
    ]);
  }),
);

Deno.test(
  "a webhook on the ledger, a queue and Realtime get what a run marks, as the page says",
  onEmptyProject(async (_, transaction) => {
    // What the platform has and the local stack has not.
    await transaction.unsafe(`
      create publication supabase_realtime;
      create schema supabase_functions;
      create table supabase_functions.requests (url text, method text, record jsonb);
      create function supabase_functions.http_request()
      returns trigger
      language plpgsql
      as $request$
      begin
        insert into supabase_functions.requests
        values (tg_argv[0], tg_argv[1], to_jsonb(new));
        return null;
      end
      $request$;
    `);
    for (const code of await statements("react-to-an-overdue-installment.md")) {
      await transaction.unsafe(code);
    }

    const agency = await insertAgency(transaction);
    const ids = await insertInstallments(transaction, agency, { count: 250 });
    await transaction`select public.update_installment_statuses()`;
    const requests = await transaction`
      select method, record
      from supabase_functions.requests
    `;
    ok(requests.length > 1, "The ids of 250 do not fit into one row.");
    deepEqual(
      requests.flatMap(({ record }) => record.installment_ids).toSorted(),
      ids.toSorted(),
    );
    for (const { method, record } of requests) {
      equal(method, "POST");
      equal(record.agency_id, agency.id);
      equal(record.to_status, "overdue");
    }
    const [{ queued }] = await transaction`
      select count(distinct installment_id)::int as queued
      from public.overdue_queue
    `;
    equal(queued, 250);
    deepEqual(
      [
        ...await transaction`
          select schemaname, tablename
          from pg_publication_tables
          where pubname = 'supabase_realtime'
        `,
      ].map((row) => ({ ...row })),
      [{ schemaname: "public", tablename: "installments" }],
    );

    // A correction is no mark.
    await transaction`
      update public.installments
      set student_due_date = current_date + 30
      where true
    `;
    await transaction`select public.update_installment_statuses()`;
    const [{ count }] = await transaction`
      select count(*)::int as count
      from supabase_functions.requests
    `;
    equal(count, requests.length);
  }),
);
