import { deepEqual, equal } from "node:assert/strict";
import { countByStatus, insertAgency } from "./support/arrange.ts";
import { insertInstallments } from "./support/arrange.ts";
import { emptyDatabase, withDatabase } from "./support/database.ts";
import { callJob } from "./support/functions.ts";
import { within } from "./support/events.ts";
import { withGateOnInstallments } from "./support/gate.ts";

Deno.test("a payment that is being recorded while the job runs stays paid", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const agency = await insertAgency(sql);
    const [paid] = await insertInstallments(sql, agency, { count: 10 });

    const teller = await sql.reserve();
    try {
      await teller`begin`;
      await teller`
        update public.installments
        set status = 'paid', paid_at = now()
        where id = ${paid}
      `;
      const answer = await callJob();
      equal(answer.status, 200);
      equal(answer.body.recordsUpdated, 9);
      await teller`commit`;
    } finally {
      teller.release();
    }

    deepEqual(await countByStatus(sql), { overdue: 9, paid: 1 });
    equal((await callJob()).body.recordsUpdated, 0);
    deepEqual(await countByStatus(sql), { overdue: 9, paid: 1 });
  }));

Deno.test("a payment that arrives while the job holds its rows wins", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const agency = await insertAgency(sql);
    const [paid] = await insertInstallments(sql, agency, { count: 10 });

    await withGateOnInstallments(sql, async (gate) => {
      const run = callJob();
      await gate.waiting();
      // It waits at the gate behind the run, and then for its row.
      const payment = sql`
        update public.installments
        set status = 'paid', paid_at = now()
        where id = ${paid}
      `.execute();
      await gate.open();
      equal((await run).status, 200);
      await payment;
    });

    deepEqual(await countByStatus(sql), { overdue: 9, paid: 1 });
  }));

Deno.test("a locked row does not delay the run and is marked by the next one", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const agency = await insertAgency(sql);
    const [held] = await insertInstallments(sql, agency, { count: 10 });

    const holder = await sql.reserve();
    try {
      await holder`begin`;
      await holder`
        select 1
        from public.installments
        where id = ${held}
        for update
      `;
      const answer = await within(
        5_000,
        "the run ends although a row is locked",
        callJob(),
      );
      equal(answer.status, 200);
      equal(answer.body.recordsUpdated, 9);
      await holder`rollback`;
    } finally {
      holder.release();
    }

    deepEqual(await countByStatus(sql), { overdue: 9, pending: 1 });
    equal((await callJob()).body.recordsUpdated, 1);
    deepEqual(await countByStatus(sql), { overdue: 10 });
  }));
