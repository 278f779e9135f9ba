import postgres from "postgres";
import { type StackConfig, stackUrls } from "./config.ts";

/** A connection to the stack's database. */
export type Database = postgres.Sql;

/**
 * Runs some work on a single connection as the role `postgres`, which owns the
 * application's objects and is no superuser, and closes it afterwards.
 */
export async function withDatabase<T>(
  config: StackConfig,
  work: (sql: Database) => Promise<T>,
): Promise<T> {
  const sql = postgres(stackUrls(config).databaseUrl, {
    max: 1,
    connect_timeout: 10,
    onnotice: () => {},
    connection: { application_name: "duewatch-stack" },
  });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
