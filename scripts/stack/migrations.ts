import { join } from "node:path";
import { run } from "./command.ts";
import { type StackConfig, stackUrls } from "./config.ts";
import { withDatabase } from "./database.ts";
import { StackError } from "./errors.ts";

/** The Supabase CLI that npm installed. */
export function supabaseCli(config: StackConfig): string {
  return join(config.repoDir, "node_modules", ".bin", "supabase");
}

/** How Postgres names the sessions of the CLI. */
export const CLI_SESSION = "duewatch-cli";

/**
 * The option that points the CLI at a stack's database. Without the mode of TLS
 * it would print a warning into its output. Postgres ends what a CLI that was
 * killed has left within a second.
 */
export function cliTarget(config: StackConfig): string {
  const settings = new URLSearchParams({
    sslmode: "disable",
    application_name: CLI_SESSION,
    client_connection_check_interval: "1s",
  });
  return `--remote=${stackUrls(config).databaseUrl}?${settings}`;
}

/**
 * Applies pending migrations with the real Supabase CLI, as a deployment does,
 * and the seed once, which the CLI remembers in `supabase_migrations`.
 *
 * @throws StackError with the CLI's output when a migration fails.
 */
export async function applyMigrations(
  config: StackConfig,
  options: { readonly seed: boolean },
): Promise<void> {
  const result = await run(
    [
      supabaseCli(config),
      "db",
      "push",
      "--yes",
      // Also those that came from another branch, or that a rollback removed.
      "--include-all",
      cliTarget(config),
      `--workdir=${config.repoDir}`,
      ...(options.seed ? ["--include-seed"] : []),
    ],
    {
      env: QUIET_CLI,
    },
  );
  if (result.code !== 0) {
    throw new StackError(
      "The Supabase CLI could not apply the migrations:\n" +
        `${result.stdout.trim()}\n${result.stderr.trim()}`.trim(),
    );
  }
  await withDatabase(config, (sql) => sql.notify("pgrst", "reload schema"));
}

const QUIET_CLI = {
  DO_NOT_TRACK: "1",
  SUPABASE_TELEMETRY_DISABLED: "1",
  NO_COLOR: "1",
};
