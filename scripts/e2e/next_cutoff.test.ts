import { deepEqual, ok } from "node:assert/strict";
import { type CalendarCase, withCalendars } from "./oracle/calendars.ts";
import { randomCases } from "./oracle/cases.ts";
import { askForVerdicts } from "./oracle/oracle.ts";
import {
  type Database,
  emptyDatabase,
  withDatabase,
} from "./support/database.ts";

const CASES = 1_500;
// A statement has a time-out.
const AT_ONCE = 250;

interface NextCutoff {
  readonly at: string | null;
  readonly dueBefore: string | null;
  /** As `jobs.agency_cutoffs()` has it at that instant, and just before. */
  readonly then: string | null;
  readonly before: string | null;
}

/** Asks the database, for agencies that exist only while they are asked about. */
async function ask(
  sql: Database,
  cases: readonly CalendarCase[],
): Promise<Map<string, NextCutoff>> {
  await sql`
    create or replace function pg_temp.next_cutoffs(cases jsonb)
    returns table (id uuid, answer jsonb)
    language plpgsql
    as $$
    declare
      one record;
      agency uuid;
      overview jsonb;
      next_at timestamptz;
    begin
      for one in
        select *
        from jsonb_to_recordset(cases) as one (
          id uuid, timezone text, cutoff time, "at" timestamptz,
          "graceDays" int, "closedWeekdays" jsonb, "closedDays" jsonb
        )
      loop
        insert into public.agencies (
          name, timezone, overdue_cutoff_time, grace_days, closed_weekdays
        )
        values (
          'oracle', one.timezone, one.cutoff, one."graceDays",
          array(select value::smallint from jsonb_array_elements_text(one."closedWeekdays"))
        )
        returning agencies.id into agency;
        insert into public.agency_closed_days (agency_id, day)
        select agency, value::date
        from jsonb_array_elements_text(one."closedDays");

        overview := public.list_agencies(agency::text, as_of => one."at") -> 0;
        next_at := (overview ->> 'nextCutoffAt')::timestamptz;
        id := one.id;
        answer := jsonb_build_object(
          'at', next_at,
          'dueBefore', overview ->> 'nextCutoffDueBefore',
          'then', (select overdue_before from jobs.agency_cutoffs(next_at, agency)),
          'before', (
            select overdue_before
            from jobs.agency_cutoffs(next_at - interval '1 microsecond', agency)
          )
        );
        return next;
        delete from public.agencies where agencies.id = agency;
      end loop;
    end
    $$
  `;
  const answers = new Map<string, NextCutoff>();
  for (let first = 0; first < cases.length; first += AT_ONCE) {
    const some = JSON.stringify(cases.slice(first, first + AT_ONCE));
    const rows = await sql<{ id: string; answer: NextCutoff }[]>`
      select id, answer
      from pg_temp.next_cutoffs(${sql.json(JSON.parse(some))})
    `;
    for (const { id, answer } of rows) answers.set(id, answer);
  }
  return answers;
}

Deno.test("the next cut-off is that of an independent oracle, in every time zone and with every calendar", () =>
  withDatabase(async (pool) => {
    await emptyDatabase(pool);
    const zones = (await pool<{ name: string }[]>`
      select name
      from pg_timezone_names
      where name !~ '^(posix|right)/'
      order by name
    `).map(({ name }) => name);
    const seed = Date.now() % 1_000_000;
    // They lie around the changes of the clocks, and around the cut-offs.
    const cases = withCalendars(
      randomCases({ count: CASES, seed, zones }),
      seed,
    );
    ok(new Set(cases.map(({ timezone }) => timezone)).size > 300);
    const sql = await pool.reserve();
    try {
      await sql`set timezone = 'Pacific/Chatham'`;
      const answers = await ask(sql, cases);
      const verdicts = await askForVerdicts(
        cases.map((each) => ({ ...each, nextCutoff: true })),
      );
      const wrong = cases.flatMap((each) => {
        const said = answers.get(each.id);
        const right = verdicts.get(each.id);
        const agrees = said?.at !== null && said !== undefined &&
          Date.parse(said.at) === right?.nextCutoffAt?.getTime() &&
          said.dueBefore === right.dueBefore &&
          // The rule says the same: then it has moved on, and not before.
          said.then === said.dueBefore &&
          said.before !== null && said.before < said.dueBefore;
        return agrees ? [] : [{ ...each, said, right }];
      });
      deepEqual(wrong, [], `seed ${seed}`);
    } finally {
      sql.release();
    }
  }));
