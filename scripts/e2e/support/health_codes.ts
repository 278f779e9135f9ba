import { equal } from "node:assert/strict";
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
 * Every code of a reason that the health check can give: the literals in the
 * functions that return reasons.
 */
export async function reasonCodes(sql: Database): Promise<string[]> {
  const judges = await sql<
    { name: string; language: string; source: string }[]
  >`
    select
      judge.proname as name,
      language.lanname as language,
      judge.prosrc as source
    from pg_proc as judge
    join pg_language as language on language.oid = judge.prolang
    where judge.prorettype = 'jobs.health_reason'::regtype
    order by judge.proname
  `;
  const codes = judges.flatMap(({ name, language, source }) => {
    const found = [...source.matchAll(
      /'([a-z_]+)',\s*(?:--.*\s*)*(?:'(?:warning|critical)'|case )/g,
    )];
    const reasons = language === "sql"
      ? source.split(/^ {2}union all$/m).length
      : source.split("::jobs.health_reason").length - 1;
    equal(found.length, reasons, `${name} gives reasons in another form`);
    return found.map(([, code]) => code);
  });
  return [...new Set(codes)].sort();
}
