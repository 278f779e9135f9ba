import { deepEqual, equal } from "node:assert/strict";
import { countByStatus, insertAgency } from "./support/arrange.ts";
import { insertInstallments } from "./support/arrange.ts";
import { emptyDatabase, withDatabase } from "./support/database.ts";
import { callJob } from "./support/functions.ts";
import { withGateOnInstallments } from "./support/gate.ts";

Deno.test("of twenty simultaneous triggers one runs and nineteen get 409 with its id", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const agency = await insertAgency(sql);
    await insertInstallments(sql, agency, { count: 37 });

    const answers = await withGateOnInstallments(sql, async (gate) => {
      let refused = 0;
      let allRefused = () => {};
      const nineteenRefused = new Promise<void>((resolve) => {
        allRefused = resolve;
      });
      const triggers = Array.from({ length: 20 }, async () => {
        const answer = await callJob();
        if (answer.status === 409 && ++refused === 19) allRefused();
        return answer;
      });
      // The gate opens when the losers have their answer, or everyone has one.
      await Promise.race([nineteenRefused, Promise.all(triggers)]);
      await gate.open();
      return await Promise.all(triggers);
    });

    const [winner, ...others] = answers.filter(({ status }) => status === 200);
    equal(others.length, 0);
    equal(winner.body.recordsUpdated, 37);

    const losers = answers.filter(({ status }) => status === 409);
    equal(losers.length, 19);
    for (const { body } of losers) {
      equal(body.runId, winner.body.runId);
      equal(body.error.code, "already_running");
      equal(body.error.message.includes(winner.body.runId), true);
    }

    deepEqual(await countByStatus(sql), { overdue: 37 });
    const runs = await sql`
      select id, status, records_updated
      from public.jobs_log
    `;
    deepEqual(runs.map((run) => ({ ...run })), [{
      id: winner.body.runId,
      status: "success",
      records_updated: 37,
    }]);
  }));

Deno.test("triggers from the database while a run is under way return the id of that run", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    await insertInstallments(sql, await insertAgency(sql));

    await withGateOnInstallments(sql, async (gate) => {
      const first = callJob();
      await gate.waiting();
      const [{ runId }] = await sql`
        select jobs.dispatch('update-installment-statuses') as "runId"
      `;
      await gate.open();
      equal(runId, (await first).body.runId);
    });

    const [{ count }] = await sql`select count(*)::int from public.jobs_log`;
    equal(count, 1);
  }));

Deno.test("a run id that is used again is refused when its run has ended", () =>
  withDatabase(async (sql) => {
    await emptyDatabase(sql);
    const runId = crypto.randomUUID();
    equal((await callJob({ runId })).status, 200);

    const again = await callJob({ runId });
    equal(again.status, 409);
    equal(again.body.error.code, "run_already_finished");
    equal(again.body.runId, runId);
  }));
