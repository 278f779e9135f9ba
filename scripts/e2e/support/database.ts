import postgres from "postgres";
import { urls } from "./stack.ts";

/** A connection, or a pool of them, as the role `postgres`. */
export type Database = postgres.Sql;

/**
 * Gives a test connections of its own and closes them when it ends, failed or
 * not.
 */
export async function withDatabase<T>(
  work: (sql: Database) => Promise<T>,
): Promise<T> {
  const sql = postgres(urls.databaseUrl, { max: 30, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Removes every agency with all it has, every user, and every run. */
export async function emptyDatabase(sql: Database): Promise<void> {
  await sql`
    truncate
      public.installments,
      public.payment_plans,
      public.user_roles,
      public.agencies,
      public.jobs_log
  `;
}
