import { sql } from "kysely";
import type { PostgresConnection } from "@supabase/lite/postgres";

/** A transaction on behalf of one request, with the caller's role set. */
export type RequestSession = Parameters<
  Parameters<PostgresConnection["withContext"]>[1]
>[0];

/**
 * Applies the time-out of the caller's role and, above it, of the called
 * function to the running transaction.
 *
 * Postgres reads `statement_timeout` when a statement begins: a role that was
 * not logged in with, and a function's own SET, come too late for it. PostgREST
 * therefore sets both itself before the request's statement.
 *
 * @param functionName the function in schema public that is called; `null`
 *   for a request on a table.
 */
export async function hoistStatementTimeout(
  session: RequestSession,
  functionName: string | null,
): Promise<void> {
  await sql`
    select set_config(
      'statement_timeout',
      split_part(setting, '=', 2),
      true
    )
    from (
      select unnest(rolconfig) as setting, 1 as rank
      from pg_catalog.pg_roles
      where rolname = current_user
      union all
      select unnest(proconfig), 2
      from pg_catalog.pg_proc
      where pronamespace = 'public'::regnamespace
        and proname = ${functionName}
    ) as settings
    where setting like 'statement_timeout=%'
    order by rank desc
    limit 1
  `.execute(session);
}

/** The function's name in a request path such as `/rest/v1/rpc/start_job_run`. */
export function calledFunction(path: string | undefined): string | null {
  return /\/rpc\/([^/?]+)/.exec(path ?? "")?.[1] ?? null;
}
