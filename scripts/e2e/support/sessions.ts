import type { ReservedSql } from "postgres";
import { waitFor } from "../../stack/wait.ts";
import type { Database } from "./database.ts";

/** Gives some work its own session, and rolls back an open transaction. */
export async function withSession(
  sql: Database,
  work: (session: ReservedSql) => Promise<void>,
): Promise<void> {
  const session = await sql.reserve();
  try {
    await work(session);
  } finally {
    await session`rollback`;
    session.release();
  }
}

/** Resolves when another session waits for a lock of this one. */
export async function anotherSessionWaitsFor(
  sql: Database,
  session: ReservedSql,
): Promise<void> {
  const pid = await processOf(session);
  const waiting = await waitFor(async () => {
    const [{ blocked }] = await sql`
      select exists (
        select 1
        from pg_stat_activity as process
        where ${pid} = any (pg_blocking_pids(process.pid))
      ) as blocked
    `;
    return blocked ? true : undefined;
  }, 20_000);
  if (waiting === undefined) throw new Error("No session waits.");
}

/** Resolves when the session of this process waits for another one. */
export async function isHeldUp(sql: Database, pid: number): Promise<void> {
  const heldUp = await waitFor(async () => {
    const [{ blockers }] = await sql`
      select pg_blocking_pids(${pid}) as blockers
    `;
    return blockers.length > 0 ? true : undefined;
  }, 20_000);
  if (heldUp === undefined) throw new Error(`Session ${pid} does not wait.`);
}

/** The process id of a session. */
export async function processOf(session: ReservedSql): Promise<number> {
  const [{ pid }] = await session`select pg_backend_pid() as pid`;
  return pid;
}
