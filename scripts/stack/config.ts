import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { readTrimmed } from "../../supabase/functions/_shared/environment.ts";
import { StackError } from "./errors.ts";

const port = z.coerce.number().int().min(1024).max(65535);

const environmentSchema = z.object({
  DUEWATCH_STATE_DIR: z.string().min(1).optional(),
  DUEWATCH_API_PORT: port.default(54321),
  DUEWATCH_DB_PORT: port.default(54322),
  DUEWATCH_FUNCTIONS_ENV: z.string().min(1).optional(),
  DUEWATCH_POSTPONE_JOBS: z.string().default(""),
});

/** Where one local stack lives and listens. */
export interface StackConfig {
  /** Root of the checkout. */
  readonly repoDir: string;
  /** Ignored folder with keys, pids, logs and usually the database. */
  readonly stateDir: string;
  /** Port of the gateway on 127.0.0.1. */
  readonly apiPort: number;
  /** Port of Postgres on 127.0.0.1. */
  readonly dbPort: number;
  /** Secrets of the Edge Functions, one `NAME=value` a line; may be missing. */
  readonly functionsEnvFile: string;
  /** Whether pg_cron starts only what runs every minute, for tests. */
  readonly postponeJobs: boolean;
}

/**
 * Reads the configuration of the stack from environment variables.
 *
 * @param environment `DUEWATCH_STATE_DIR` (default `.stack` in the checkout),
 *   `DUEWATCH_API_PORT` (54321) and `DUEWATCH_DB_PORT` (54322), the ports that
 *   Supabase's own local stack uses, and `DUEWATCH_FUNCTIONS_ENV` (default
 *   `supabase/functions/.env`, where the Supabase CLI looks, too), and
 *   `DUEWATCH_POSTPONE_JOBS` (default empty, which is no).
 * @throws StackError naming the variable whose value is not usable.
 */
export function readConfig(
  environment: Record<string, string> = Deno.env.toObject(),
): StackConfig {
  const parsed = environmentSchema.safeParse(
    readTrimmed(
      environmentSchema.keyof().options,
      (name) => environment[name],
    ),
  );
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new StackError(
      `The environment variable ${
        issue.path.join(".")
      } is not usable: ${issue.message}.`,
    );
  }
  const repoDir = Deno.realPathSync(
    resolve(dirname(fileURLToPath(import.meta.url)), "../.."),
  );
  const {
    DUEWATCH_STATE_DIR,
    DUEWATCH_API_PORT,
    DUEWATCH_DB_PORT,
    DUEWATCH_FUNCTIONS_ENV,
    DUEWATCH_POSTPONE_JOBS,
  } = parsed.data;
  if (DUEWATCH_API_PORT === DUEWATCH_DB_PORT) {
    throw new StackError(
      "DUEWATCH_API_PORT and DUEWATCH_DB_PORT must be two different ports.",
    );
  }
  return {
    repoDir,
    stateDir: resolve(DUEWATCH_STATE_DIR ?? join(repoDir, ".stack")),
    apiPort: DUEWATCH_API_PORT,
    dbPort: DUEWATCH_DB_PORT,
    functionsEnvFile: resolve(
      DUEWATCH_FUNCTIONS_ENV ?? join(repoDir, "supabase", "functions", ".env"),
    ),
    postponeJobs: DUEWATCH_POSTPONE_JOBS !== "",
  };
}

/** The environment variables that make another process see this stack. */
export function configEnvironment(config: StackConfig): Record<string, string> {
  return {
    DUEWATCH_STATE_DIR: config.stateDir,
    DUEWATCH_API_PORT: String(config.apiPort),
    DUEWATCH_DB_PORT: String(config.dbPort),
    DUEWATCH_FUNCTIONS_ENV: config.functionsEnvFile,
    DUEWATCH_POSTPONE_JOBS: config.postponeJobs ? "yes" : "",
  };
}

/** The public addresses of the stack; the local database password is public. */
export function stackUrls(config: StackConfig) {
  const apiUrl = `http://127.0.0.1:${config.apiPort}`;
  return {
    apiUrl,
    restUrl: `${apiUrl}/rest/v1`,
    authUrl: `${apiUrl}/auth/v1`,
    functionsUrl: `${apiUrl}/functions/v1`,
    databaseUrl:
      `postgresql://postgres:postgres@127.0.0.1:${config.dbPort}/postgres`,
  };
}
