import { join } from "node:path";
import {
  type Cluster,
  clusterPaths,
  startCluster,
  stopCluster,
} from "./cluster.ts";
import type { StackConfig } from "./config.ts";
import { asSuperuser, withDatabase } from "./database.ts";
import { StackError } from "./errors.ts";
import { exists, removeIfExists, writeSecretFile } from "./files.ts";
import type { StackKeys } from "./keys.ts";
import { applyPlatform } from "./platform.ts";
import type { Progress } from "./progress.ts";
import { waitFor } from "./wait.ts";

// A process that has ended by an error is started again after a second.
const APPEARS_WITHIN_MS = 5_000;

/**
 * Applies the platform, and restarts Postgres when that has created pg_cron. Its
 * process is then older than its table of entries, and pg_cron 1.4 does not
 * always notice that there is one. A file keeps this in mind, so that the next
 * start completes one that was interrupted in between.
 */
export async function createScheduler(
  cluster: Cluster,
  config: StackConfig,
  keys: StackKeys,
): Promise<void> {
  const restartDue = join(cluster.home, "restart-due");
  if (!await hasScheduler(config, keys)) await writeSecretFile(restartDue, "");
  await applyPlatform(config, keys, cluster.installation);
  if (!await exists(restartDue)) return;
  await stopCluster(cluster);
  await startCluster(cluster);
  await removeIfExists(restartDue);
}

/**
 * Restarts Postgres when the process of pg_cron is gone: nothing else brings it
 * back, and without it no job starts.
 *
 * @throws StackError when it is not there after the restart either.
 */
export async function ensureScheduler(
  cluster: Cluster,
  config: StackConfig,
  progress: Progress,
): Promise<void> {
  if (await isSchedulerRunning(config)) return;
  progress.step("Restarting PostgreSQL, because pg_cron does not run");
  await stopCluster(cluster);
  await startCluster(cluster);
  if (await isSchedulerRunning(config)) return;
  throw new StackError(
    "pg_cron does not run, so no job would start: see the log of Postgres, " +
      `${clusterPaths(cluster.home).log}.`,
  );
}

async function hasScheduler(
  config: StackConfig,
  keys: StackKeys,
): Promise<boolean> {
  return await withDatabase(config, async (sql) => {
    const found = await sql`
      select
      from pg_catalog.pg_extension
      where extname = 'pg_cron'
    `;
    return found.length > 0;
  }, asSuperuser(keys));
}

async function isSchedulerRunning(config: StackConfig): Promise<boolean> {
  return await withDatabase(config, async (sql) => {
    const found = await waitFor(async () => {
      const [process] = await sql`
        select
        from pg_stat_activity
        where backend_type like 'pg\\_cron%'
          or application_name like 'pg\\_cron%'
        limit 1
      `;
      return process !== undefined;
    }, APPEARS_WITHIN_MS);
    return found === true;
  });
}
