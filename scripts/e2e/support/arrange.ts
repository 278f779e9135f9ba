import type { Database } from "./database.ts";

/** An agency with one active plan. */
export interface Agency {
  readonly id: string;
  readonly planId: string;
}

/**
 * Inserts an agency with an active plan.
 *
 * @param options.timezone IANA name; default UTC.
 * @param options.cutoff `HH:MM:SS`; default 17:00:00.
 */
export async function insertAgency(
  sql: Database,
  options: { name?: string; timezone?: string; cutoff?: string } = {},
): Promise<Agency> {
  const { name = "Agency", timezone = "UTC", cutoff = "17:00:00" } = options;
  const [row] = await sql<Agency[]>`
    with agency as (
      insert into public.agencies (name, timezone, overdue_cutoff_time)
      values (${name}, ${timezone}, ${cutoff})
      returning id
    )
    insert into public.payment_plans (agency_id, status)
    select id, 'active'
    from agency
    returning agency_id as id, id as "planId"
  `;
  return row;
}

/**
 * Inserts pending installments of 100 into a plan.
 *
 * @param options.dueDaysAgo negative for days ahead; default 2.
 * @param options.count how many; default 1.
 * @returns their ids.
 */
export async function insertInstallments(
  sql: Database,
  { planId }: Agency,
  options: { dueDaysAgo?: number; count?: number } = {},
): Promise<string[]> {
  const { dueDaysAgo = 2, count = 1 } = options;
  const rows = await sql<{ id: string }[]>`
    insert into public.installments (
      payment_plan_id, amount, student_due_date, status
    )
    select ${planId}, 100, (now() at time zone 'UTC')::date - ${dueDaysAgo}::int, 'pending'
    from generate_series(1, ${count})
    returning id
  `;
  return rows.map((row) => row.id);
}

/** How many installments there are in each status. */
export async function countByStatus(
  sql: Database,
): Promise<Record<string, number>> {
  const rows = await sql<{ status: string; count: number }[]>`
    select status, count(*)::int as count
    from public.installments
    group by status
  `;
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}
