import type { Database } from "./database.ts";

/** Lets a run have begun, and ended if it has, so many minutes earlier. */
export async function backdateRun(
  sql: Database,
  runId: string,
  minutes: number,
): Promise<void> {
  await sql`
    update public.jobs_log
    set
      started_at = started_at - make_interval(mins => ${minutes}),
      completed_at = completed_at - make_interval(mins => ${minutes})
    where id = ${runId}
  `;
}
