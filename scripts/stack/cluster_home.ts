import { createHash } from "node:crypto";
import { join } from "node:path";
import { run } from "./command.ts";
import type { StackConfig } from "./config.ts";
import { exists } from "./files.ts";
import type { SystemUser } from "./users.ts";

const SYSTEM_HOMES = "/var/lib/duewatch";

/**
 * Finds where the database of a stack lies, without creating anything.
 *
 * @returns `null` when it was never created.
 */
export async function findClusterHome(
  config: StackConfig,
): Promise<string | null> {
  for (const home of candidates(config)) {
    if (await exists(join(home, "data"))) return home;
  }
  return null;
}

/**
 * Chooses and creates the folder of the database: inside the state folder
 * where the user who runs Postgres can enter it, else below `/var/lib`. A
 * checkout in root's home, which no other user may enter, is such a case.
 *
 * @param user who runs Postgres; `null` for the current user.
 */
export async function ensureClusterHome(
  config: StackConfig,
  user: SystemUser | null,
): Promise<string> {
  const existing = await findClusterHome(config);
  if (existing !== null) return existing;
  const [inState, inSystem] = candidates(config);
  await makeOwned(inState, user);
  if (user === null || await canEnter(user, inState)) return inState;
  await Deno.remove(inState);
  await Deno.mkdir(SYSTEM_HOMES, { recursive: true, mode: 0o755 });
  await makeOwned(inSystem, user);
  return inSystem;
}

/** Runs a command as the user who owns the cluster, from a folder that the user can enter. */
export function asClusterUser(
  user: SystemUser | null,
  command: readonly string[],
): string[] {
  return user === null
    ? [...command]
    : ["runuser", "-u", user.name, "--", ...command];
}

function candidates(config: StackConfig): [string, string] {
  const hash = createHash("sha256").update(config.stateDir).digest("hex");
  return [
    join(config.stateDir, "cluster"),
    join(SYSTEM_HOMES, hash.slice(0, 12)),
  ];
}

async function makeOwned(
  folder: string,
  user: SystemUser | null,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  if (user !== null) await Deno.chown(folder, user.uid, user.gid);
}

async function canEnter(user: SystemUser, folder: string): Promise<boolean> {
  const test = await run(asClusterUser(user, ["test", "-x", folder]));
  return test.code === 0;
}
