import type { BenchContext } from "./bench.ts";
import { loadBookOfBusiness } from "./data.ts";
import { type Finding, inMs } from "./finding.ts";
import { elapsedMs, repeated, rolledBack } from "./measure.ts";
import { median } from "./statistics.ts";

const CALLS = 21;
const MEMBER = "00000000-0000-8000-8000-0000000bec4a";

/** Statements for `elapsedMs`, with what they may take. */
const READS = {
  "due soon": ["select * from public.installments_due where is_due_soon", 50],
  "overdue": ["select * from public.installments_due where is_overdue_now", 50],
  "aging": ["select * from public.installments_aging", 50],
  "preview": ["select public.preview_overdue($1)", null],
  "preview with nothing due": [
    "select public.preview_overdue('2000-01-01')",
    20,
  ],
  "explain": [
    "select public.explain_installment($2[1], $1)",
    5,
  ],
  "report of an installment": [
    "select public.installment_report($2[1], $1)",
    20,
  ],
  "search for a student": ["select public.find_installments('nobody')", 200],
} as const;

/**
 * What a signed-in member of one agency reads among the installments of all
 * agencies, through the policies.
 */
export async function memberReads(context: BenchContext): Promise<Finding[]> {
  const { sql, scale, progress } = context;
  progress.step("member reads: loading");
  await loadBookOfBusiness(sql, scale);
  await signUp(sql);

  progress.step("member reads: reading");
  const findings: Finding[] = [];
  for (const [name, [statement, atMost]] of Object.entries(READS)) {
    const times = await rolledBack(sql, async () => {
      await sql`
        select
          set_config(
            'request.jwt.claims',
            json_build_object('sub', ${MEMBER}::text, 'role', 'authenticated')::text,
            true
          ),
          set_config('role', 'authenticated', true)
      `;
      return await repeated(CALLS, 2, () => elapsedMs(sql, statement));
    });
    findings.push(inMs(`as a member: ${name}`, median(times), {
      ...atMost === null ? {} : { wanted: { atMost } },
      detail: `slowest of ${CALLS} calls: ${Math.max(...times).toFixed(1)} ms`,
    }));
  }
  await sql`delete from public.user_roles where user_id = ${MEMBER}::uuid`;
  return findings;
}

/** Makes a member of the agency of the first installment that is due. */
async function signUp(sql: BenchContext["sql"]): Promise<void> {
  await sql`grant usage on schema bench to authenticated`;
  await sql`grant select on all tables in schema bench to authenticated`;
  await sql`
    insert into auth.users (id)
    values (${MEMBER}::uuid)
    on conflict do nothing
  `;
  await sql`
    insert into public.user_roles (user_id, role, agency_id)
    select
      ${MEMBER}::uuid,
      'member',
      plan.agency_id
    from public.installments as installment
    join public.payment_plans as plan
      on plan.id = installment.payment_plan_id
    where installment.id = (select (array_agg(due.id))[1] from bench.due_ids as due)
  `;
}
