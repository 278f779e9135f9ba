import { askOracle, type Question } from "../oracle/oracle.ts";
import type { Database } from "../support/database.ts";
import type { DomainNames } from "./domain_names.ts";

/** An installment and its status. */
export type Statuses = ReadonlyMap<string, string>;

/** The cut-off of agencies that have none of their own. */
const CUTOFF = "17:00:00";

/** The status of every installment of a project. */
export async function statuses(
  sql: Database,
  names: DomainNames,
): Promise<Statuses> {
  const rows = await sql.unsafe(
    `select id, ${names.status}::text as status from ${names.installments}`,
  );
  return new Map(rows.map(({ id, status }) => [id, status]));
}

/**
 * What the statuses are after a run at an instant, by a calculation that shares
 * nothing with the project's SQL.
 *
 * @param before the statuses before the run; by default those of now.
 */
export async function expectedStatuses(
  sql: Database,
  names: DomainNames,
  at: Date,
  before: Statuses | null = null,
): Promise<Statuses> {
  const { words } = names;
  const rows = await sql.unsafe(`
    select
      installment.id,
      installment.${names.status}::text as status,
      installment.${names.due}::text as due,
      plan.${names.planStatus}::text as plan_status,
      agency.${names.timezone} as timezone
    from ${names.installments} as installment
    join ${names.plans} as plan on plan.id = installment.${names.installmentPlan}
    join ${names.agencies} as agency on agency.${names.agencyId} = plan.${names.planAgency}
  `);
  const ours = (word: string) =>
    Object.entries(words).find(([, theirs]) => theirs === word)?.[0] ?? word;
  const overdue = await askOracle(rows.map((row): Question => ({
    id: row.id,
    timezone: row.timezone,
    cutoff: CUTOFF,
    due: row.due,
    at: at.toISOString(),
    planStatus: ours(row.plan_status) as Question["planStatus"],
    installmentStatus: ours(
      before?.get(row.id) ?? row.status,
    ) as Question["installmentStatus"],
  })));
  return new Map(
    rows.map(({ id, status }) => [
      id,
      overdue.get(id) ? words.overdue : before?.get(id) ?? status,
    ]),
  );
}
