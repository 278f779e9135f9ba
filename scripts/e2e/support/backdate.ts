import type { Database } from "./database.ts";

/** Moves the start of a run, and its end if it has one, so many minutes back. */
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
