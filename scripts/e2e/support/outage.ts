import type { Database } from "./database.ts";

/**
 * Takes the database away from the Data API for the length of some work, failed
 * or not: its connections are cut, and new ones are refused. Those that `sql`
 * has stay.
 */
export async function withDatabaseOutOfReach<T>(
  sql: Database,
  work: () => Promise<T>,
): Promise<T> {
  // The one connection that can give the others back.
  const keeper = await sql.reserve();
  try {
    await keeper`alter database postgres with connection limit 0`;
    await keeper`
      select pg_terminate_backend(pid)
      from pg_stat_activity
      where usename = 'authenticator'
    `;
    return await work();
  } finally {
    await keeper`alter database postgres with connection limit -1`;
    keeper.release();
  }
}
