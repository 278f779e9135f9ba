import { deepEqual } from "node:assert/strict";
import type { Database } from "./database.ts";

/** Every kind of alert that the outbox can hold: what its check constraint allows. */
export async function alertKinds(sql: Database): Promise<string[]> {
  const [{ definition }] = await sql`
    select pg_get_constraintdef(oid) as definition
    from pg_constraint
    where conrelid = 'jobs.alerts'::regclass
      and conname = 'alerts_kind_check'
  `;
  return [...definition.matchAll(/'([a-z_]+)'::text/g)].map(([, kind]) => kind);
}

/**
 * Every code of a reason that the health check can give: the name of its check.
 */
export async function reasonCodes(sql: Database): Promise<string[]> {
  const checks = await sql<{ code: string; source: string }[]>`
    select
      substr(routine.proname, length('check_') + 1) as code,
      routine.prosrc as source
    from pg_proc as routine
    where routine.prorettype = 'jobs.health_reason'::regtype
      and routine.proname like 'check\\_%'
    order by code
  `;
  for (const { code, source } of checks) {
    const given = [...source.matchAll(
      /'([a-z_]+)',\s*(?:--.*\s*)*(?:'(?:info|warning|critical)'|case )/g,
    )].map(([, literal]) => literal);
    deepEqual([...new Set(given)], [code], `check_${code} gives other codes`);
  }
  return checks.map(({ code }) => code);
}
