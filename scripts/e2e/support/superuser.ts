import postgres from "postgres";
import { type RunningStack, stackUrls } from "../../stack/stack.ts";
import type { Database } from "./database.ts";
import { config as testConfig, keys as testKeys } from "./stack.ts";

/**
 * Does what `postgres` may not do on a hosted project, to arrange a test.
 *
 * @param stack by default the one of the tests.
 */
export async function asSuperuser<T>(
  work: (sql: Database) => Promise<T>,
  stack?: Pick<RunningStack, "config" | "keys">,
): Promise<T> {
  const { config, keys } = stack ??
    { config: testConfig, keys: await testKeys() };
  const sql = postgres(stackUrls(config).databaseUrl, {
    max: 1,
    username: "supabase_admin",
    password: keys.supabaseAdminPassword,
    onnotice: () => {},
  });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
