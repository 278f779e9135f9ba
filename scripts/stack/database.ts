import postgres from "postgres";
import { type StackConfig, stackUrls } from "./config.ts";
import type { StackKeys } from "./keys.ts";

/** A connection to the stack's database. */
export type Database = postgres.Sql;

/**
 * Runs some work on a single connection as the role `postgres`, which owns the
 * application's objects and is no superuser, and closes it afterwards.
 *
 * @param options in place of the usual ones, such as those of `asSuperuser`.
 */
export async function withDatabase<T>(
  config: StackConfig,
  work: (sql: Database) => Promise<T>,
  options: postgres.Options<Record<string, never>> = {},
): Promise<T> {
  const sql = postgres(stackUrls(config).databaseUrl, {
    max: 1,
    connect_timeout: 10,
    onnotice: () => {},
    connection: { application_name: "duewatch-stack" },
    ...options,
  });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Options that connect as the only superuser. */
export function asSuperuser(keys: StackKeys): {
  readonly username: string;
  readonly password: string;
} {
  return { username: "supabase_admin", password: keys.supabaseAdminPassword };
}
