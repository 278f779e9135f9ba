import type postgres from "postgres";
import { type BenchContext, MARK_OVERDUE } from "./bench.ts";
import { loadBookOfBusiness } from "./data.ts";
import { type Finding, formatNumber } from "./finding.ts";
import { elapsedMs, rolledBack } from "./measure.ts";
import { median, medianRatio } from "./statistics.ts";

/** How what is due can lie in the tables, and what an adopter adds to them. */
interface Shape {
  readonly name: string;
  /** The largest ratio that is wanted. */
  readonly atMost: number;
  /** Changes the book of business as it is loaded. */
  readonly arrange?: (context: BenchContext) => Promise<unknown>;
  /** Undoes what another load of the book would not. */
  readonly clear?: (context: BenchContext) => Promise<unknown>;
}

const WORST = 1.45;

const SHAPES: readonly Shape[] = [
  { name: "spread out", atMost: 1.25 },
  {
    name: "all on one date",
    atMost: WORST,
    arrange: ({ sql }) =>
      sql`
        update public.installments
        set student_due_date = '2026-11-10'
        where id in (select id from bench.due_ids)
      `,
  },
  {
    name: "one agency holds half",
    atMost: WORST,
    arrange: async ({ sql, scale }) => {
      // With dates that are due, or not, in every zone.
      await sql`
        update public.installments
        set student_due_date = '2026-11-10'::date - 1 + length(id::text) % 3
        where id in (select id from bench.due_ids)
      `;
      await sql`
        update public.installments
        set student_due_date = student_due_date + 30
        where status = 'pending'
          and student_due_date between '2026-11-19' and '2026-11-26'
      `;
      await sql`
        update public.payment_plans
        set agency_id = md5('agency0')::uuid
        where id in (
          select md5('plan' || n)::uuid
          from generate_series(0, ${scale.plans}::int - 1, 2) as n
        )
      `;
    },
    clear: spreadPlans,
  },
  {
    name: "10,000 agencies",
    atMost: WORST,
    arrange: async (context) => {
      const { sql, scale } = context;
      await sql`
        insert into public.agencies (id, name, timezone, overdue_cutoff_time)
        select
          md5('agency' || n)::uuid,
          'Agency ' || n,
          known.timezone,
          known.overdue_cutoff_time
        from generate_series(${scale.agencies}::int, 9999) as n
        join public.agencies as known
          on known.id = md5('agency' || n % ${scale.agencies}::int)::uuid
      `;
      // Each goes to an agency with the settings of its former one.
      await sql`
        update public.payment_plans as plan
        set agency_id = md5(
          'agency' || position.n % ${scale.agencies}::int
            + ${scale.agencies}::int * (position.n / ${scale.agencies}::int % (10000 / ${scale.agencies}::int))
        )::uuid
        from generate_series(0, ${scale.plans}::int - 1) as position (n)
        where plan.id = md5('plan' || position.n)::uuid
      `;
      await sql`vacuum (analyze) public.agencies`;
    },
    clear: async (context) => {
      await spreadPlans(context);
      const { sql, scale } = context;
      await sql`
        delete from public.agencies
        where id in (
          select md5('agency' || n)::uuid
          from generate_series(${scale.agencies}::int, 9999) as n
        )
      `;
    },
  },
  {
    name: "a trigger that does nothing",
    atMost: WORST,
    arrange: ({ sql }) => createTrigger(sql, "before", "bench.do_nothing()"),
    clear: ({ sql }) => dropTrigger(sql),
  },
  {
    name: "a trigger that audits",
    atMost: WORST,
    arrange: ({ sql }) => createTrigger(sql, "after", "bench.audit()"),
    clear: ({ sql }) => dropTrigger(sql),
  },
];

/**
 * The update function, which writes the ledger as well, against the bare update
 * of the same ids, in several shapes of a day on which something is due.
 */
export async function shapes(context: BenchContext): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const shape of SHAPES) {
    findings.push(await measureShape(context, shape));
  }
  return findings;
}

async function measureShape(
  context: BenchContext,
  { name, atMost, arrange, clear }: Shape,
): Promise<Finding> {
  const { sql, scale, progress } = context;
  progress.step(`shapes, ${name}: loading`);
  await loadBookOfBusiness(sql, scale);
  await arrange?.(context);
  await sql`vacuum (analyze) public.payment_plans`;
  await sql`vacuum (full, analyze) public.installments`;
  await sql`alter table public.installments set (autovacuum_enabled = off)`;

  const times = { function: [] as number[], bare: [] as number[] };
  for (let round = 0; round <= scale.rounds; round += 1) {
    progress.step(`shapes, ${name}: round ${round} of ${scale.rounds}`);
    const contenders = round % 2 === 0
      ? ["function", "bare"] as const
      : ["bare", "function"] as const;
    for (const contender of contenders) {
      const ms = await measure(context, contender);
      // The first round warms up.
      if (round > 0) times[contender].push(ms);
    }
  }
  await sql`alter table public.installments reset (autovacuum_enabled)`;
  await clear?.(context);
  return {
    name: `16,000 due, ${name}: update function with ledger / bare update`,
    value: medianRatio(times.function, times.bare),
    unit: "×",
    wanted: { atMost },
    detail: `function ${formatNumber(median(times.function))} ms, ` +
      `bare ${formatNumber(median(times.bare))} ms`,
  };
}

async function measure(
  { sql, scale, checkpoint }: BenchContext,
  contender: "function" | "bare",
): Promise<number> {
  const ms = await rolledBack(sql, async () => {
    const elapsed = await elapsedMs(
      sql,
      contender === "function"
        ? MARK_OVERDUE
        : "update public.installments set status = 'overdue' where id = any ($2)",
    );
    const [{ marked, recorded }] = await sql<
      { marked: number; recorded: number }[]
    >`
      select
        (
          select count(*)::int
          from public.installments
          join bench.due_ids
            using (id)
          where status = 'overdue'
        ) as marked,
        (
          select coalesce(sum(cardinality(installment_ids)), 0)::int
          from jobs.status_changes
        ) as recorded
    `;
    const wanted = contender === "function" ? scale.due : 0;
    if (marked !== scale.due || recorded !== wanted) {
      throw new Error(
        `The ${contender} marked ${marked} of ${scale.due}, ` +
          `and the ledger has ${recorded}.`,
      );
    }
    return elapsed;
  });
  await sql`vacuum public.installments`;
  await checkpoint();
  return ms;
}

async function spreadPlans({ sql, scale }: BenchContext): Promise<void> {
  await sql`
    update public.payment_plans as plan
    set agency_id = md5('agency' || position.n % ${scale.agencies}::int)::uuid
    from generate_series(0, ${scale.plans}::int - 1) as position (n)
    where plan.id = md5('plan' || position.n)::uuid
  `;
}

async function createTrigger(
  sql: postgres.Sql,
  when: "before" | "after",
  procedure: string,
): Promise<void> {
  await sql.unsafe(
    `create trigger bench_trigger ${when} update on public.installments
      for each row execute function ${procedure}`,
  );
}

async function dropTrigger(sql: postgres.Sql): Promise<void> {
  await sql`drop trigger bench_trigger on public.installments`;
}
