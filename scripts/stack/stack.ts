import { ensureClusterHome, findClusterHome } from "./cluster_home.ts";
import {
  clusterMajor,
  clusterPaths,
  destroyCluster,
  ensureInitialised,
  existingCluster,
  runningPostmaster,
  startCluster,
  stopCluster,
} from "./cluster.ts";
import { readConfig, type StackConfig, stackUrls } from "./config.ts";
import { runFirstTime, unschedule } from "./first_run.ts";
import {
  ensureGateway,
  gatewayHealth,
  runningGateway,
  stopGateway,
} from "./gateway_process.ts";
import { endInterruptedStart } from "./interrupted_start.ts";
import { ensureKeys, readKeys, type StackKeys } from "./keys.ts";
import { withStackLock } from "./lock.ts";
import { applyMigrations } from "./migrations.ts";
import { ensurePackages } from "./packages.ts";
import { postponeJobs } from "./postpone_jobs.ts";
import { ensurePeople } from "./people.ts";
import { type Progress, silentProgress } from "./progress.ts";
import { type JobRun, lastSuccessfulRun, MAIN_JOB } from "./runs.ts";
import { createScheduler, ensureScheduler } from "./scheduler.ts";
import { assertStateDirIsOurs, statePaths } from "./state_dir.ts";
import { clusterUser } from "./users.ts";
import { ensureVaultSecrets } from "./vault_secrets.ts";

/** How to start or reset a stack. */
export interface StackOptions {
  /** Which stack; by default the one that the environment describes. */
  readonly config?: StackConfig;
  /** Load `supabase/seed.sql` into a new database. Default: true. */
  readonly seed?: boolean;
  /** Let pg_cron trigger the main job once on a new database. Default: true. */
  readonly firstRun?: boolean;
  /** Apply the migrations. Default: true; off gives the bare platform. */
  readonly migrate?: boolean;
  readonly progress?: Progress;
}

/** A stack that is up. */
export interface RunningStack {
  readonly config: StackConfig;
  readonly keys: StackKeys;
  /** The latest successful run of the main job; `null` without a first run. */
  readonly run: JobRun | null;
  /** Whether that run happened now. */
  readonly isNewRun: boolean;
  /** Functions that did not start; their log says why. */
  readonly failedFunctions: readonly string[];
}

/** What is known of a stack, running or not. */
export interface StackStatus {
  readonly running: boolean;
  readonly postgresRunning: boolean;
  readonly gatewayRunning: boolean;
  readonly postgresVersion: number | null;
  readonly functions: Readonly<Record<string, string>>;
  readonly keys: StackKeys | null;
  readonly logs: {
    readonly gateway: string;
    readonly functions: string;
    readonly postgres: string | null;
  };
}

/**
 * Brings a stack up, whatever state it was left in, and changes nothing that
 * is right already: packages, database, platform, migrations, seed, gateway,
 * functions, first run.
 *
 * @throws StackError with what to do when a step cannot succeed.
 */
export async function startStack(
  options: StackOptions = {},
): Promise<RunningStack> {
  const config = options.config ?? readConfig();
  return await withStackLock(config, () => bringUp(config, options));
}

/**
 * Stops gateway, functions and Postgres; the data stays.
 *
 * @returns false when nothing ran.
 */
export async function stopStack(
  config: StackConfig = readConfig(),
): Promise<boolean> {
  await assertStateDirIsOurs(config);
  return await withStackLock(config, async () => {
    const gateway = await stopGateway(config);
    const cluster = await existingCluster(config);
    const database = cluster !== null && await stopCluster(cluster);
    return gateway || database;
  });
}

/**
 * Replaces the database by a new one with migrations and seed, and starts the
 * stack. The keys stay.
 */
export async function resetDatabase(
  options: StackOptions = {},
): Promise<RunningStack> {
  const config = options.config ?? readConfig();
  const progress = options.progress ?? silentProgress;
  return await withStackLock(config, async () => {
    const cluster = await existingCluster(config);
    if (cluster !== null) {
      progress.step("Removing the database");
      await stopGateway(config);
      await destroyCluster(cluster);
    }
    return await bringUp(config, options);
  });
}

/** Looks at a stack without changing it. */
export async function stackStatus(
  config: StackConfig = readConfig(),
): Promise<StackStatus> {
  await assertStateDirIsOurs(config);
  const paths = statePaths(config);
  const keys = await readKeys(paths.keysFile);
  const home = await findClusterHome(config);
  const postgres = home === null ? null : await runningPostmaster(home);
  const gateway = await runningGateway(config);
  const health = gateway === null ? null : await gatewayHealth(config);
  const gatewayRunning = health !== null &&
    health.instanceId === keys?.instanceId;
  return {
    running: postgres !== null && gatewayRunning,
    postgresRunning: postgres !== null,
    gatewayRunning,
    postgresVersion: home === null ? null : await clusterMajor(home),
    functions: health?.functions ?? {},
    keys,
    logs: {
      gateway: paths.gatewayLog,
      functions: paths.functionsLog,
      postgres: home === null ? null : clusterPaths(home).log,
    },
  };
}

export { readConfig, stackUrls };
export type { StackConfig, StackKeys };

async function bringUp(
  config: StackConfig,
  options: StackOptions,
): Promise<RunningStack> {
  const progress = options.progress ?? silentProgress;
  const existing = await existingCluster(config);
  const installation = await ensurePackages(
    progress,
    existing?.installation.major ?? null,
  );
  const keys = await ensureKeys(statePaths(config).keysFile);
  const user = await clusterUser();
  const home = await ensureClusterHome(config, user);
  const cluster = { home, installation, user, port: config.dbPort };

  progress.step(`Starting PostgreSQL ${installation.major}`);
  await ensureInitialised(cluster, keys);
  await startCluster(cluster);
  await endInterruptedStart(config, keys, progress);
  await createScheduler(cluster, config, keys);
  await ensureScheduler(cluster, config, progress);
  if (config.postponeJobs) await postponeJobs(config, keys);
  if (options.migrate ?? true) {
    progress.step("Applying migrations and seed with the Supabase CLI");
    await applyMigrations(config, { seed: options.seed ?? true });
  }
  await ensureVaultSecrets(config, keys);
  const isSeeded = (options.seed ?? true) && (options.migrate ?? true);
  if (isSeeded) await ensurePeople(config);

  progress.step("Starting the gateway and the Edge Functions");
  const failedFunctions = await ensureGateway(config, keys);
  const { run, isNewRun } = await firstRunIfWanted(config, options, progress);
  return { config, keys, run, isNewRun, failedFunctions };
}

async function firstRunIfWanted(
  config: StackConfig,
  options: StackOptions,
  progress: Progress,
): Promise<{ run: JobRun | null; isNewRun: boolean }> {
  const wanted = (options.firstRun ?? true) && (options.migrate ?? true);
  if (!wanted) return { run: null, isNewRun: false };
  const lastRun = await lastSuccessfulRun(config, MAIN_JOB);
  if (lastRun !== null) {
    await unschedule(config);
    return { run: lastRun, isNewRun: false };
  }
  return { run: await runFirstTime(config, progress), isNewRun: true };
}
