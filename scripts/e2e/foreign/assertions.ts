import { deepEqual, equal } from "node:assert/strict";
import type { Journey } from "./journey.ts";

/** What was marked is taken back when its due date moves, and explained. */
export async function assertMovedDateIsCorrected(
  { sql }: Journey,
): Promise<void> {
  const [{ id }] = await sql`
    select unnest(installment_ids) as id from jobs.status_changes limit 1
  `;
  const status = async () => {
    const [row] = await sql`
      select "State"::text as status from billing."Fee Schedule" where id = ${id}
    `;
    return row.status;
  };
  equal(await status(), "it's late");
  await sql`
    update billing."Fee Schedule" set "due on" = current_date + 30 where id = ${id}
  `;
  await sql`select * from public.update_installment_statuses()`;
  equal(await status(), "open");
  const history =
    await sql`select to_status from public.installment_history(${id})`;
  deepEqual(history.map((change) => change.to_status), ["open", "it's late"]);
  const [{ facts }] =
    await sql`select public.explain_installment(${id}) as facts`;
  equal(facts.verdict, "not_yet");
  equal(facts.status, "open");
}

/** Every query of the folder runs, and nothing is wrong with the installation. */
export async function assertFolderQueriesWork(
  { project, sql }: Pick<Journey, "project" | "sql">,
): Promise<void> {
  const files = await project.files();
  const queries = [...files].filter(([path]) =>
    path.startsWith("duewatch/snippets/") && path.endsWith(".sql")
  );
  equal(queries.length > 20, true);
  const failed: string[] = [];
  for (const [path, text] of queries) {
    await sql.unsafe(text).simple().catch((error) => {
      failed.push(`${path}: ${error.message}`);
    });
  }
  deepEqual(failed, []);
  const verify = files.get("duewatch/verify.sql") ?? "";
  const checks = (await sql.unsafe(verify).simple()).flat();
  deepEqual(checks.slice(0, -1), []);
}

/** Every function compiles, every query of the folder runs, the digest is written. */
export async function assertQueriesWork(
  { project, sql }: Journey,
): Promise<void> {
  const problems = await sql`
    select checked.functionid::regprocedure::text as function, checked.message
    from pg_proc as function
    cross join lateral extensions.plpgsql_check_function_tb(
      function.oid,
      coalesce(
        (
          select fired.tgrelid
          from pg_trigger as fired
          where fired.tgfoid = function.oid and not fired.tgisinternal
          limit 1
        ), 0
      )
    ) as checked
    where function.prolang = (select oid from pg_language where lanname = 'plpgsql')
      and function.pronamespace in ('jobs'::regnamespace, 'public'::regnamespace)
      and checked.level = 'error'
      -- Transition tables are there only while the trigger runs.
      and not exists (
        select 1
        from pg_trigger as fired
        where fired.tgfoid = function.oid
          and (fired.tgnewtable is not null or fired.tgoldtable is not null)
      )
  `;
  deepEqual([...problems], []);
  await assertFolderQueriesWork({ project, sql });
  const digests = await sql`
    select jobs.overdue_digest(id) as digest from duewatch.agencies
  `;
  equal(digests.some(({ digest }) => Number(digest?.installments) > 0), true);
  const [{ due }] =
    await sql`select count(*)::int as due from public.installments_due`;
  equal(due > 0, true);
}
