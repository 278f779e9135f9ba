import { join } from "node:path";
import { asClusterUser, findClusterHome } from "./cluster_home.ts";
import { run, runOrThrow } from "./command.ts";
import type { StackConfig } from "./config.ts";
import { StackError } from "./errors.ts";
import {
  exists,
  readIfExists,
  removeIfExists,
  writeSecretFile,
} from "./files.ts";
import type { StackKeys } from "./keys.ts";
import { lastLines } from "./log_file.ts";
import { installationOf, type PostgresInstallation } from "./packages.ts";
import { assertPortIsFree } from "./ports.ts";
import { postgresConf } from "./postgres_conf.ts";
import { commandLine, processesIn, processesMentioning } from "./proc.ts";
import { buildRuntimeTree, runtimeTree } from "./runtime_tree.ts";
import { clusterUser, type SystemUser } from "./users.ts";
import { ensureVaultRootKey } from "./vault_root_key.ts";
import { waitFor } from "./wait.ts";

/** A private Postgres cluster of one stack. */
export interface Cluster {
  /** Folder of the cluster's data, programs and log. */
  readonly home: string;
  readonly installation: PostgresInstallation;
  /** Who runs it; `null` for the current user. */
  readonly user: SystemUser | null;
  /** TCP port on 127.0.0.1. */
  readonly port: number;
}

/** A running Postgres, as its pid file describes it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** `starting`, `ready`, `stopping` or `standby`. */
  readonly state: string;
}

const DRAFT = "initdb-";
const DISCARDED = "discarded-";

/** Names the files of a cluster. */
export function clusterPaths(home: string) {
  return {
    data: join(home, "data"),
    log: join(home, "postgres.log"),
    pgpass: join(home, "pgpass"),
  };
}

/**
 * Creates the cluster unless it is there. It is made in a folder of its own and
 * moved into place when it is complete, so that an interrupted attempt leaves
 * only unused files, which are removed here.
 *
 * @throws StackError when the existing one was made by another major version.
 */
export async function ensureInitialised(
  cluster: Cluster,
  keys: StackKeys,
): Promise<void> {
  const { data } = clusterPaths(cluster.home);
  await removeLeftovers(cluster.home);
  if (await exists(data)) return await assertSameMajor(cluster);
  const tree = await buildRuntimeTree(cluster.home, cluster.installation);
  const draft = join(cluster.home, `${DRAFT}${crypto.randomUUID()}`);
  const passwordFile = `${draft}.password`;
  await writeSecretFile(passwordFile, keys.supabaseAdminPassword, cluster.user);
  await runOrThrow(
    "create the database cluster",
    asClusterUser(cluster.user, [
      join(tree.binDir, "initdb"),
      `--pgdata=${draft}`,
      "--username=supabase_admin",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C.UTF-8",
    ]),
  );
  await Deno.remove(passwordFile);
  await Deno.writeTextFile(
    join(draft, "postgresql.conf"),
    "\ninclude 'duewatch.conf'\n",
    { append: true },
  );
  await Deno.rename(draft, data);
}

/**
 * Starts Postgres unless it runs already on the right port.
 *
 * @throws StackError when the port is taken or Postgres refuses to start.
 */
export async function startCluster(cluster: Cluster): Promise<void> {
  const running = await runningPostmaster(cluster.home);
  if (running !== null) {
    if (running.port === cluster.port && await becomesReady(cluster)) return;
    await stopCluster(cluster);
  }
  await clearCrash(cluster);
  await assertPortIsFree(cluster.port, "Postgres", "DUEWATCH_DB_PORT");
  const paths = clusterPaths(cluster.home);
  await buildRuntimeTree(cluster.home, cluster.installation);
  const vaultKeyScript = await ensureVaultRootKey(
    paths.data,
    cluster.installation,
    cluster.user,
  );
  await writeSecretFile(
    join(paths.data, "duewatch.conf"),
    postgresConf(cluster.port, vaultKeyScript),
    cluster.user,
  );
  // pg_cron connects as the owner of each schedule; this password is the
  // public one of every local Supabase stack.
  await writeSecretFile(
    paths.pgpass,
    `127.0.0.1:${cluster.port}:postgres:postgres:postgres\n`,
    cluster.user,
  );
  const started = await run(
    pgCtl(cluster, "start", "--timeout=120", "--silent", `--log=${paths.log}`),
    { output: "inherit", env: { PGPASSFILE: paths.pgpass } },
  );
  if (started.code !== 0) {
    throw new StackError(
      `Postgres did not start. The end of its log, ${paths.log}:\n` +
        await lastLines(paths.log, 15),
    );
  }
}

/** Stops Postgres in order; nothing to do when it does not run. */
export async function stopCluster(cluster: Cluster): Promise<boolean> {
  const running = await runningPostmaster(cluster.home);
  if (running === null) return false;
  await runOrThrow(
    "stop Postgres",
    pgCtl(cluster, "stop", "--mode=fast", "--timeout=60"),
  );
  return true;
}

function pgCtl(
  { home, installation, user }: Cluster,
  ...words: readonly string[]
): string[] {
  const program = join(runtimeTree(home, installation).binDir, "pg_ctl");
  const data = `--pgdata=${clusterPaths(home).data}`;
  return asClusterUser(user, [program, ...words, "--wait", data]);
}

/**
 * Stops Postgres and removes all of its data. It is moved out of its place
 * first, so that an interruption leaves all of it there, or only unused files.
 */
export async function destroyCluster(cluster: Cluster): Promise<void> {
  await stopCluster(cluster);
  await Deno.rename(
    clusterPaths(cluster.home).data,
    join(cluster.home, `${DISCARDED}${crypto.randomUUID()}`),
  );
  await removeLeftovers(cluster.home);
}

/**
 * Finds the Postgres of this cluster, whatever its pid file says: the number in
 * it may by now belong to another process.
 */
export async function runningPostmaster(
  home: string,
): Promise<Postmaster | null> {
  const { data } = clusterPaths(home);
  const file = await readIfExists(join(data, "postmaster.pid"));
  if (file === null) return null;
  const lines = file.split("\n");
  const pid = Number(lines[0]);
  const command = commandLine(pid);
  const isOurs = command[0]?.endsWith("/postgres") &&
    command.some((argument) => argument.includes(data));
  if (!isOurs) return null;
  return { pid, port: Number(lines[3]), state: (lines[7] ?? "").trim() };
}

/** The major version that the cluster was made with; `null` where unknown. */
export async function clusterMajor(home: string): Promise<number | null> {
  const text = await readIfExists(join(clusterPaths(home).data, "PG_VERSION"));
  return text === null ? null : Number(text.trim());
}

/** The cluster of a stack as it lies on disk; `null` where there is none. */
export async function existingCluster(
  config: StackConfig,
): Promise<Cluster | null> {
  const home = await findClusterHome(config);
  const major = home === null ? null : await clusterMajor(home);
  if (home === null || major === null) return null;
  const user = await clusterUser();
  return {
    home,
    installation: installationOf(major),
    user,
    port: config.dbPort,
  };
}

// After a kill -9 the server's children need a moment to notice, and a new
// server must not touch the data before. Postgres clears its own stale pid file
// unless another process has the number in it, which only we can check.
async function clearCrash(cluster: Cluster): Promise<void> {
  const { data } = clusterPaths(cluster.home);
  if (!await waitFor(() => processesIn(data).length === 0, 15_000)) {
    throw new StackError(
      `Processes of a Postgres that crashed still use ${data}: end them with ` +
        `\`kill ${processesIn(data).join(" ")}\` and start again.`,
    );
  }
  await removeIfExists(join(data, "postmaster.pid"));
}

// A start that was interrupted may have left Postgres on its way up, and an
// interrupted stop on its way down.
async function becomesReady({ home }: Cluster): Promise<boolean> {
  const state = await waitFor(async () => {
    const { state } = await runningPostmaster(home) ?? { state: "gone" };
    return (state === "ready" || state === "gone") && state;
  }, 120_000);
  return state === "ready";
}

// An initdb whose caller was killed runs to its end.
async function removeLeftovers(home: string): Promise<void> {
  for await (const { name } of Deno.readDir(home)) {
    if (!name.startsWith(DRAFT) && !name.startsWith(DISCARDED)) continue;
    const path = join(home, name);
    await waitFor(() => processesMentioning(path).length === 0, 60_000);
    await removeIfExists(path);
  }
}

async function assertSameMajor(cluster: Cluster): Promise<void> {
  const major = await clusterMajor(cluster.home);
  if (major === cluster.installation.major) return;
  throw new StackError(
    `The database in ${cluster.home} was made by PostgreSQL ${major}, and ` +
      `${cluster.installation.major} is installed now: make a new one with ` +
      "`npm run reset`.",
  );
}
