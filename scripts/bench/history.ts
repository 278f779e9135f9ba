import type { BenchContext } from "./bench.ts";
import type { Finding } from "./finding.ts";
import { inMs } from "./finding.ts";
import { quantile } from "./statistics.ts";

const LOOKUPS = 300;

/**
 * The history of single installments, with a year and with seven years of daily
 * runs in the ledger of their agency.
 */
export async function history(context: BenchContext): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const days of [365, 2_555]) {
    context.progress.step(`history: writing a ledger of ${days} runs`);
    await loadLedger(context, days);
    context.progress.step(`history: reading behind ${days} runs`);
    findings.push(
      inMs(
        `history of an installment, ${days} runs behind its agency, p95`,
        quantile(await lookUp(context), 0.95),
        { wanted: { atMost: 5 } },
      ),
    );
  }
  await context.sql`truncate jobs.status_changes`;
  return findings;
}

/** Sixteen changes for each of 100 agencies on each day, of ids at random. */
async function loadLedger(
  { sql, scale }: BenchContext,
  days: number,
): Promise<void> {
  await sql`truncate jobs.status_changes, public.installments`;
  await sql`
    insert into jobs.status_changes (
      run_id, agency_id, from_status, to_status, reason, as_of, timezone,
      local_time, cutoff_time, installment_ids, due_dates
    )
    select
      md5('run' || day)::uuid,
      md5('agency' || agency)::uuid,
      'pending', 'overdue', 'cutoff_passed',
      now(), 'UTC', now() at time zone 'UTC', '17:00',
      array(
        select md5('marked' || day || ' ' || agency || ' ' || position)::uuid
        from generate_series(1, 16) as position
      ),
      array_fill(current_date, array[16])
    from generate_series(1, ${days}::int) as day
    cross join generate_series(0, ${
    Math.min(100, scale.agencies)
  }::int - 1) as agency
    order by day
  `;
  await sql`
    insert into public.installments (
      id, payment_plan_id, amount, student_due_date, status
    )
    select
      md5('marked' || day || ' ' || agency || ' 7')::uuid,
      plan.id,
      100,
      current_date,
      'overdue'
    from generate_series(0, ${LOOKUPS}::int - 1) as lookup
    cross join lateral (
      select
        1 + lookup * 7919 % ${days}::int as day,
        lookup % ${Math.min(100, scale.agencies)}::int as agency
    ) as chosen
    join lateral (
      select id
      from public.payment_plans
      where agency_id = md5('agency' || chosen.agency)::uuid
      limit 1
    ) as plan
      on true
    on conflict do nothing
  `;
  await sql`vacuum (analyze) jobs.status_changes`;
  await sql`vacuum (analyze) public.installments`;
}

async function lookUp({ sql }: BenchContext): Promise<number[]> {
  const rows = await sql<{ id: string }[]>`select id from public.installments`;
  const times: number[] = [];
  for (const { id } of rows) {
    const [{ ms }] = await sql<{ ms: number }[]>`
      select bench.history_ms(${id}) as ms
    `;
    times.push(ms);
  }
  return times;
}
