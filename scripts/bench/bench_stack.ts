import postgres from "postgres";
import {
  type PrivateStack,
  startPrivateStack,
} from "../check/private_stack.ts";
import { destroyCluster, existingCluster } from "../stack/cluster.ts";
import { readKeys } from "../stack/keys.ts";
import { stackUrls } from "../stack/stack.ts";
import { statePaths } from "../stack/state_dir.ts";

/** Longer than any statement: postgres.js does not send a zero. */
const DAY_MS = 24 * 60 * 60 * 1000;

/** A stack for benchmarks, and the two connections that they use. */
export interface BenchStack {
  readonly stack: PrivateStack;
  /** A single connection as `postgres`, without a statement time-out. */
  readonly sql: postgres.Sql;
  /** Opens another connection as `postgres`, which the caller ends. */
  readonly connect: () => postgres.Sql;
  /** Writes all dirty pages; `postgres` itself is not allowed to. */
  readonly checkpoint: () => Promise<void>;
  /**
   * Ends its processes and removes its database, which is gigabytes. Once for
   * all callers.
   */
  readonly remove: () => Promise<void>;
}

/**
 * Starts an empty stack of the benchmarks' own, in which nothing is scheduled.
 *
 * @throws StackError when it cannot be brought up.
 */
export async function startBenchStack(): Promise<BenchStack> {
  const stack = await startPrivateStack("bench");
  const { config } = stack;
  const keys = await readKeys(statePaths(config).keysFile);
  const connection = {
    max: 1,
    onnotice: () => {},
    // Compiling plans would slow down the contenders that do not forbid it.
    connection: { statement_timeout: DAY_MS, jit: "off" },
  };
  const sql = postgres(stackUrls(config).databaseUrl, connection);
  const admin = postgres(stackUrls(config).databaseUrl, {
    ...connection,
    username: "supabase_admin",
    password: keys?.supabaseAdminPassword,
  });
  await sql`select cron.unschedule(jobid) from cron.job`;
  let removal: Promise<void> | undefined;
  return {
    stack,
    sql,
    connect: () => postgres(stackUrls(config).databaseUrl, connection),
    async checkpoint() {
      await admin`checkpoint`;
    },
    remove: () => removal ??= removeStack(stack, [sql, admin]),
  };
}

async function removeStack(
  { config, stop }: PrivateStack,
  connections: readonly postgres.Sql[],
): Promise<void> {
  await Promise.all(connections.map((sql) => sql.end({ timeout: 5 })));
  await stop();
  const cluster = await existingCluster(config);
  if (cluster !== null) await destroyCluster(cluster);
}
