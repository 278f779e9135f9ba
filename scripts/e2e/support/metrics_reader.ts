import postgres from "postgres";
import type { Database } from "./database.ts";
import { urls } from "./stack.ts";

/**
 * Gives some work a connection as metrics_reader, over the network as Grafana
 * has it. The role has a password for as long as the work takes.
 *
 * @param databaseUrl where `sql` is connected to. Default: the stack's.
 */
export async function withMetricsReader<T>(
  sql: Database,
  work: (reader: Database, password: string) => Promise<T>,
  databaseUrl = urls.databaseUrl,
): Promise<T> {
  const password = crypto.randomUUID();
  await sql.unsafe(`alter role metrics_reader password '${password}'`);
  const reader = connectAsMetricsReader(password, databaseUrl);
  try {
    return await work(reader, password);
  } finally {
    await reader.end({ timeout: 5 });
    await sql`alter role metrics_reader password null`;
  }
}

/** Connects as metrics_reader, as soon as something is asked. */
export function connectAsMetricsReader(
  password: string,
  databaseUrl = urls.databaseUrl,
): Database {
  const url = new URL(databaseUrl);
  url.username = "metrics_reader";
  url.password = password;
  return postgres(url.href, { max: 1, onnotice: () => {} });
}
