import type { StackConfig } from "./config.ts";
import { asSuperuser, withDatabase } from "./database.ts";
import { StackError } from "./errors.ts";
import type { StackKeys } from "./keys.ts";
import { CLI_SESSION, cliTarget } from "./migrations.ts";
import type { Progress } from "./progress.ts";
import { processesMentioning } from "./proc.ts";
import { waitFor } from "./wait.ts";

const CLI_PATIENCE_MS = 60_000;
const SESSION_PATIENCE_MS = 10_000;

/**
 * Waits until nothing of an earlier, interrupted start still uses the
 * database. Two at once would apply the same pending migration.
 *
 * A CLI whose caller was killed continues. One that was killed itself has sent
 * a whole migration at once; Postgres rolls that back when it notices.
 *
 * @throws StackError that names what does not end.
 */
export async function endInterruptedStart(
  config: StackConfig,
  keys: StackKeys,
  progress: Progress,
): Promise<void> {
  const atWork = () => processesMentioning(cliTarget(config));
  if (atWork().length > 0) {
    progress.step("Waiting for another Supabase CLI to finish");
  }
  if (!await waitFor(() => atWork().length === 0, CLI_PATIENCE_MS)) {
    throw new StackError(
      "Another Supabase CLI is using the database: wait for it to end, or " +
        `end it with \`kill ${atWork().join(" ")}\`, and start again.`,
    );
  }
  const ended = await withDatabase(config, (sql) =>
    waitFor(async () => {
      const left = await sql`
        select
        from pg_stat_activity
        where application_name = ${CLI_SESSION}
      `;
      return left.length === 0;
    }, SESSION_PATIENCE_MS), asSuperuser(keys));
  if (!ended) {
    throw new StackError(
      "Postgres is still executing statements of a program that has ended: " +
        "run `npm run stop`, and start again.",
    );
  }
}
