import { deepEqual, equal, ok } from "node:assert/strict";
import { randomCases } from "./oracle/cases.ts";
import { askOracle } from "./oracle/oracle.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";

const CASES = 4_000;

/**
 * Has the database judge cases, each with its own agency, plan and installment,
 * which exist only while it is judged.
 */
async function judge(
  sql: Database,
  cases: ReturnType<typeof randomCases>,
): Promise<Map<string, boolean>> {
  await sql`
    create or replace function pg_temp.judge(cases jsonb)
    returns table (id uuid, overdue boolean)
    language plpgsql
    as $$
    declare
      one record;
      agency uuid;
      plan uuid;
      status_after text;
    begin
      for one in
        select *
        from jsonb_to_recordset(cases) as one (
          id uuid,
          timezone text,
          cutoff time,
          due date,
          "at" timestamptz,
          "planStatus" text,
          "installmentStatus" text
        )
      loop
        insert into public.agencies (name, timezone, overdue_cutoff_time)
        values ('oracle', one.timezone, one.cutoff)
        returning agencies.id into agency;
        insert into public.payment_plans (agency_id, status)
        values (agency, one."planStatus")
        returning payment_plans.id into plan;
        insert into public.installments (
          id, payment_plan_id, amount, student_due_date, status
        )
        values (one.id, plan, 1, one.due, one."installmentStatus");

        perform public.update_installment_statuses(one."at");

        select installments.status
        into status_after
        from public.installments
        where installments.id = one.id;
        id := one.id;
        overdue := status_after = 'overdue'
          and one."installmentStatus" <> 'overdue';
        return next;

        delete from public.installments where installments.id = one.id;
        delete from public.payment_plans where payment_plans.id = plan;
        delete from public.agencies where agencies.id = agency;
      end loop;
    end
    $$
  `;
  const rows = await sql<{ id: string; overdue: boolean }[]>`
    select id, overdue
    from pg_temp.judge(${sql.json(JSON.parse(JSON.stringify(cases)))})
  `;
  return new Map(rows.map(({ id, overdue }) => [id, overdue]));
}

Deno.test("the rule agrees with an independent oracle in every time zone", () =>
  withDatabase(async (pool) => {
    await emptyDatabase(pool);
    const zones = (await pool<{ name: string }[]>`
      select name
      from pg_timezone_names
      where name !~ '^(posix|right)/'
      order by name
    `).map(({ name }) => name);
    ok(zones.length > 300);

    const seed = Date.now() % 1_000_000;
    const cases = randomCases({ count: CASES, seed, zones });
    const expected = await askOracle(cases);
    const sql = await pool.reserve();
    try {
      await sql`set timezone = 'Pacific/Chatham'`;
      const verdicts = await judge(sql, cases);
      const wrong = cases.filter(({ id }) =>
        verdicts.get(id) !== expected.get(id)
      );
      deepEqual(wrong, [], `seed ${seed}`);
      equal(verdicts.size, CASES);
      const overdue = [...verdicts.values()].filter(Boolean).length;
      ok(overdue > CASES / 10 && overdue < CASES * 9 / 10, `seed ${seed}`);
    } finally {
      sql.release();
    }
  }));
