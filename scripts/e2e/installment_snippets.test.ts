// Compares what the saved queries about installments answer with what was inserted.
import { deepEqual, equal, match } from "node:assert/strict";
import { insertAgency, insertInstallments } from "./support/arrange.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";
import { readSnippet } from "./support/snippets.ts";
import { withoutSupervisor } from "./support/supervisor.ts";

function onEmptyProject(
  work: (sql: Database) => Promise<void>,
): () => Promise<void> {
  return () =>
    withDatabase((sql) =>
      withoutSupervisor(sql, async () => {
        await emptyDatabase(sql);
        try {
          await work(sql);
        } finally {
          await emptyDatabase(sql);
        }
      })
    );
}

async function ask(sql: Database, name: string) {
  const { sql: query } = await readSnippet(name);
  const rows = await sql.unsafe(query);
  return rows.map((row) => ({ ...row }));
}

Deno.test(
  "preview.sql, why-overdue.sql and aging.sql answer for what is overdue",
  onEmptyProject(async (sql) => {
    const agency = await insertAgency(sql, { name: "Harbour Gate" });
    await insertInstallments(sql, agency, { count: 2, dueDaysAgo: 40 });
    await insertInstallments(sql, agency, { dueDaysAgo: -30 });

    const [preview, ...morePreviews] = await ask(sql, "preview.sql");
    deepEqual(
      [preview.agency, preview.installments, preview.amount, morePreviews],
      ["Harbour Gate", 2, "200.00", []],
    );
    const explained = await ask(sql, "why-overdue.sql");
    deepEqual(
      explained.map(({ verdict }) => verdict),
      ["overdue", "overdue"],
    );
    match(String(explained[0].sentence), /^Overdue since /);
    const [aging, ...moreAgings] = await ask(sql, "aging.sql");
    deepEqual(
      [aging.not_due, aging.days_31_to_60, aging.days_1_to_30, moreAgings],
      ["100.00", "200.00", "0", []],
    );
  }),
);

Deno.test(
  "what-a-run-marked.sql and corrections.sql show a run, and what was taken back",
  onEmptyProject(async (sql) => {
    deepEqual(await ask(sql, "what-a-run-marked.sql"), []);
    deepEqual(await ask(sql, "corrections.sql"), []);

    const agency = await insertAgency(sql, { name: "Harbour Gate" });
    const [moved] = await insertInstallments(sql, agency);
    const [early] = await insertInstallments(sql, agency, { dueDaysAgo: -1 });
    await sql`
      select public.update_installment_statuses(now() + interval '2 days')
    `;
    const marked = await ask(sql, "what-a-run-marked.sql");
    deepEqual(
      marked.map((
        { agency, installment_id, to_status, status_now },
      ) => [agency, installment_id, to_status, status_now]),
      [
        ["Harbour Gate", moved, "overdue", "overdue"],
        ["Harbour Gate", early, "overdue", "overdue"],
      ],
    );
    equal(marked[0].timezone, "UTC");

    await sql`
      update public.installments
      set student_due_date = current_date + 30
      where id = ${moved}
    `;
    await sql`select public.update_installment_statuses()`;
    await sql`select public.correct_overdue(dry_run => false)`;
    const corrections = await ask(sql, "corrections.sql");
    deepEqual(
      corrections
        .map((
          { agency, reason, job_name, installments, requested_by },
        ) => [agency, reason, job_name, installments, requested_by])
        .toSorted(),
      [
        [
          "Harbour Gate",
          "due_date_moved",
          "update-installment-statuses",
          "1",
          null,
        ],
        [
          "Harbour Gate",
          "settings_changed",
          "correct-overdue-installments",
          "1",
          "postgres",
        ],
      ],
    );
    deepEqual(
      (await ask(sql, "what-a-run-marked.sql")).map(({ reason }) => reason),
      ["settings_changed"],
    );
  }),
);
