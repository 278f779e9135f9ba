import { join } from "node:path";
import { runOrThrow } from "./command.ts";
import type { StackConfig } from "./config.ts";
import type { StackKeys } from "./keys.ts";
import type { PostgresInstallation } from "./packages.ts";

const PLATFORM_SQL = join(
  import.meta.dirname ?? "",
  "platform",
  "platform.sql",
);

/**
 * Gives the database the roles, schemas, extensions and limits of a hosted
 * Supabase project. Safe to repeat.
 */
export async function applyPlatform(
  config: StackConfig,
  keys: StackKeys,
  installation: PostgresInstallation,
): Promise<void> {
  await runOrThrow(
    "prepare the database as Supabase has it",
    [
      join(installation.libDir, "bin", "psql"),
      "--no-psqlrc",
      "--quiet",
      "--set=ON_ERROR_STOP=1",
      "--host=127.0.0.1",
      `--port=${config.dbPort}`,
      "--username=supabase_admin",
      "--dbname=postgres",
      "--no-password",
      `--file=${PLATFORM_SQL}`,
    ],
    {
      env: {
        PGPASSWORD: keys.supabaseAdminPassword,
        DUEWATCH_AUTHENTICATOR_PASSWORD: keys.authenticatorPassword,
      },
    },
  );
}
