import type { StackConfig } from "./config.ts";
import { asSuperuser, type Database, withDatabase } from "./database.ts";
import { StackError } from "./errors.ts";
import type { StackKeys } from "./keys.ts";
import { cliTarget } from "./migrations.ts";
import type { Progress } from "./progress.ts";
import { localPortsConnectedTo, processesMentioning } from "./proc.ts";
import { waitFor } from "./wait.ts";

const CLI_PATIENCE_MS = 60_000;
const SESSION_PATIENCE_MS = 10_000;

/**
 * Makes sure that nothing of an earlier, interrupted start still uses the
 * database. Two at once would apply the same pending migration.
 *
 * A CLI whose caller was killed continues, and is waited for. One that was
 * killed itself has sent a whole migration at once, and Postgres goes on with
 * that until there is something to answer: such a session is terminated, which
 * rolls its transaction back.
 *
 * @throws StackError that names what does not end.
 */
export async function endInterruptedStart(
  config: StackConfig,
  keys: StackKeys,
  progress: Progress,
): Promise<void> {
  await waitForCli(config, progress);
  await withDatabase(
    config,
    (sql) => endAbandonedSessions(config, sql),
    asSuperuser(keys),
  );
}

async function waitForCli(
  config: StackConfig,
  progress: Progress,
): Promise<void> {
  const atWork = () => processesMentioning(cliTarget(config));
  if (atWork().length === 0) return;
  progress.step("Waiting for another Supabase CLI to finish");
  if (await waitFor(() => atWork().length === 0, CLI_PATIENCE_MS)) return;
  throw new StackError(
    "Another Supabase CLI is using the database: wait for it to end, or " +
      `end it with \`kill ${atWork().join(" ")}\`, and start again.`,
  );
}

async function endAbandonedSessions(
  config: StackConfig,
  sql: Database,
): Promise<void> {
  const sessions = await sql<{ pid: number; port: number }[]>`
    select pid, client_port as port
    from pg_stat_activity
    where backend_type = 'client backend'
      and state <> 'idle'
      and pid <> pg_backend_pid()
  `;
  const connected = await localPortsConnectedTo(config.dbPort);
  const abandoned = sessions
    .filter(({ port }) => !connected.has(port))
    .map(({ pid }) => pid);
  await sql`
    select pg_terminate_backend(pid, timeout => ${SESSION_PATIENCE_MS})
    from pg_stat_activity
    where pid = any(${abandoned})
  `;
  const left = await sql`
    select
    from pg_stat_activity
    where pid = any(${abandoned})
  `;
  if (left.length === 0) return;
  throw new StackError(
    "Postgres is still executing statements of a program that has ended: run " +
      "`npm run stop`, and start again.",
  );
}
