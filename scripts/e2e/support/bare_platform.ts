import { join } from "node:path";
import postgres from "postgres";
import { freePorts } from "../../check/free_ports.ts";
import { runOrThrow } from "../../stack/command.ts";
import { applyMigrations } from "../../stack/migrations.ts";
import { ensurePackages } from "../../stack/packages.ts";
import { silentProgress } from "../../stack/progress.ts";
import {
  resetDatabase,
  type RunningStack,
  type StackConfig,
  stackUrls,
  stopStack,
} from "../../stack/stack.ts";
import type { Database } from "./database.ts";
import { config as testConfig } from "./stack.ts";

/**
 * A stack with nothing but the platform, for the length of some work, which is
 * given the notices that its connection has received.
 */
export async function withBarePlatform(
  work: (
    stack: RunningStack,
    sql: Database,
    notices: readonly string[],
  ) => Promise<void>,
): Promise<void> {
  const [apiPort, dbPort] = freePorts(2);
  const config: StackConfig = {
    ...testConfig,
    stateDir: join(testConfig.stateDir, "bare"),
    apiPort,
    dbPort,
  };
  await stopStack(config);
  const stack = await resetDatabase({ config, migrate: false });
  const notices: string[] = [];
  const sql = postgres(stackUrls(config).databaseUrl, {
    max: 1,
    onnotice: ({ message }) => notices.push(message),
  });
  try {
    await work(stack, sql, notices);
  } finally {
    await sql.end();
    await stopStack(config);
  }
}

/** Applies the migrations of the checkout, as `supabase db push` does. */
export const migrate = ({ config }: RunningStack) =>
  applyMigrations(config, { seed: false });

/** Runs a file of the folder `supabase`. */
export async function runFile(
  sql: Database,
  name: string,
): Promise<postgres.Row[]> {
  const path = join(testConfig.repoDir, "supabase", name);
  const results = await sql.unsafe(await Deno.readTextFile(path)).simple();
  return results.flat();
}

/** Removes Duewatch from a database. */
export const rollBack = (sql: Database) =>
  runFile(sql, "rollbacks/duewatch.sql");

/** A check of `supabase/verify.sql`, and what it says to do. */
export interface Check {
  readonly check: string;
  readonly ok: boolean;
  readonly what_to_do: string | null;
}

/** The checks of `supabase/verify.sql` that fail, first the first. */
export async function failedChecks(sql: Database): Promise<Check[]> {
  const rows = (await runFile(sql, "verify.sql")) as unknown as Check[];
  return rows.slice(0, -1);
}

/** Runs `pg_dump` on a stack's database. */
export async function pgDump(
  { config }: RunningStack,
  ...args: string[]
): Promise<string> {
  const { libDir } = await ensurePackages(silentProgress, null);
  const { stdout } = await runOrThrow("dump the database", [
    join(libDir, "bin", "pg_dump"),
    "--host=127.0.0.1",
    `--port=${config.dbPort}`,
    "--username=postgres",
    "--dbname=postgres",
    ...args,
  ], { env: { PGPASSWORD: "postgres" } });
  // Newer versions fence a dump with a random token.
  return stdout.replace(/^\\(un)?restrict .*$/gm, "");
}
