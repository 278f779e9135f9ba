import { deepEqual, equal, ok } from "node:assert/strict";
import { type CalendarCase, withCalendars } from "./oracle/calendars.ts";
import { randomCases } from "./oracle/cases.ts";
import { askForVerdicts, type Verdict } from "./oracle/oracle.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";

const CASES = 2_000;

/**
 * Has the database judge cases, each with its own agency, plan and installment,
 * which exist only while it is judged.
 *
 * @returns `overdueAt` is null where the view does not say it
 */
async function judge(
  sql: Database,
  cases: readonly CalendarCase[],
): Promise<Map<string, { overdue: boolean; overdueAt: Date | null }>> {
  await sql`
    create or replace function pg_temp.judge(cases jsonb)
    returns table (id uuid, overdue boolean, overdue_at timestamptz)
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
          "installmentStatus" text,
          "graceDays" int,
          "closedWeekdays" jsonb,
          "closedDays" jsonb
        )
      loop
        insert into public.agencies (
          name, timezone, overdue_cutoff_time, grace_days, closed_weekdays
        )
        values (
          'oracle',
          one.timezone,
          one.cutoff,
          one."graceDays",
          array(select value::smallint from jsonb_array_elements_text(one."closedWeekdays"))
        )
        returning agencies.id into agency;
        insert into public.agency_closed_days (agency_id, day)
        select agency, value::date
        from jsonb_array_elements_text(one."closedDays");
        insert into public.payment_plans (agency_id, status)
        values (agency, one."planStatus")
        returning payment_plans.id into plan;
        insert into public.installments (
          id, payment_plan_id, amount, student_due_date, status
        )
        values (one.id, plan, 1, one.due, one."installmentStatus");

        overdue_at := (
          select due.overdue_at
          from public.installments_due as due
          where due.id = one.id
        );
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
  const rows = await sql<
    { id: string; overdue: boolean; overdue_at: Date | null }[]
  >`
    select id, overdue, overdue_at
    from pg_temp.judge(${sql.json(JSON.parse(JSON.stringify(cases)))})
  `;
  return new Map(
    rows.map(({ id, overdue, overdue_at }) => [
      id,
      { overdue, overdueAt: overdue_at },
    ]),
  );
}

/** Judges cases, asserts that the oracle agrees, and returns what it says. */
async function compare(
  sql: Database,
  cases: readonly CalendarCase[],
  seed: number,
): Promise<Map<string, Verdict>> {
  const expected = await askForVerdicts(cases);
  const verdicts = await judge(sql, cases);
  equal(verdicts.size, cases.length);
  const wrong = cases.flatMap((each) => {
    const said = verdicts.get(each.id);
    const right = expected.get(each.id);
    const agrees = said?.overdue === right?.overdue &&
      said?.overdueAt?.getTime() ===
        (isShown(each) ? right?.overdueAt.getTime() : undefined);
    return agrees ? [] : [{ ...each, said, right }];
  });
  deepEqual(wrong, [], `seed ${seed}`);
  return expected;
}

/** Whether `installments_due` has an `overdue_at` for it. */
function isShown({ planStatus, installmentStatus }: CalendarCase): boolean {
  return planStatus === "active" &&
    ["pending", "partial", "overdue"].includes(installmentStatus);
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
    const cases = withCalendars(
      randomCases({ count: CASES, seed, zones }),
      seed,
    );
    const sql = await pool.reserve();
    try {
      await sql`set timezone = 'Pacific/Chatham'`;
      const verdicts = await compare(sql, cases, seed);
      const overdue = [...verdicts.values()].filter(({ overdue }) => overdue);
      ok(overdue.length > CASES / 10, `seed ${seed}`);
      ok(overdue.length < CASES * 9 / 10, `seed ${seed}`);

      // Every zone once, at the second that decides and at the one before it.
      const decisive = cases.slice(0, zones.length).map((each) => ({
        ...each,
        planStatus: "active" as const,
        installmentStatus: "pending" as const,
      }));
      for (const [shiftMs, expected] of [[0, true], [-1000, false]] as const) {
        const moments = await compare(
          sql,
          decisive.map((each) => ({
            ...each,
            at: new Date(
              Number(verdicts.get(each.id)?.overdueAt) + shiftMs,
            ).toISOString(),
          })),
          seed,
        );
        // Where a clock is turned back, the rule may not hold at both.
        const agreeing = [...moments.values()].filter(({ overdue }) =>
          overdue === expected
        );
        ok(agreeing.length >= zones.length * 0.99, `seed ${seed}`);
      }
    } finally {
      sql.release();
    }
  }));
