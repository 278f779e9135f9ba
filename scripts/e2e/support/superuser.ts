import postgres from "postgres";
import { stackUrls } from "../../stack/stack.ts";
import type { Database } from "./database.ts";
import { config, keys } from "./stack.ts";

/** Does what `postgres` may not do on a hosted project, to arrange a test. */
export async function asSuperuser<T>(
  work: (sql: Database) => Promise<T>,
): Promise<T> {
  const sql = postgres(stackUrls(config).databaseUrl, {
    max: 1,
    username: "supabase_admin",
    password: (await keys()).supabaseAdminPassword,
    onnotice: () => {},
  });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}
