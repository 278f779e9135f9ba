import { join } from "node:path";
import type { StackConfig } from "./config.ts";
import { StackError } from "./errors.ts";
import { userName } from "./users.ts";

/** Names the files of a stack without touching the disk. */
export function statePaths(config: StackConfig) {
  const logsDir = join(config.stateDir, "logs");
  return {
    keysFile: join(config.stateDir, "keys.json"),
    lockFile: join(config.stateDir, "lock"),
    gatewayPidFile: join(config.stateDir, "gateway.pid"),
    logsDir,
    gatewayLog: join(logsDir, "gateway.log"),
    functionsLog: join(logsDir, "functions.log"),
  };
}

/**
 * Creates the state folder where it is missing.
 *
 * The folder can be entered by everyone, because Postgres runs as another user
 * when root starts the stack; what is secret in it has mode 600.
 *
 * @throws StackError when the folder cannot be created or is another user's.
 */
export async function ensureStateDir(config: StackConfig): Promise<void> {
  await assertStateDirIsOurs(config);
  try {
    await Deno.mkdir(statePaths(config).logsDir, { recursive: true });
    await Deno.chmod(config.stateDir, 0o711);
    await Deno.chmod(statePaths(config).logsDir, 0o700);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new StackError(
      `The folder ${config.stateDir} cannot be created by you: make the ` +
        "checkout writable, or name another folder in DUEWATCH_STATE_DIR.",
    );
  }
}

/**
 * Refuses to work on a state folder that another user made, because files of
 * two owners in it can be repaired by neither.
 *
 * @throws StackError that names the owner and says what to do.
 */
export async function assertStateDirIsOurs(config: StackConfig): Promise<void> {
  const owner = await ownerOf(config.stateDir);
  if (owner === null || owner === Deno.uid()) return;
  const name = await userName(owner);
  throw new StackError(
    `The state folder ${config.stateDir} belongs to ${name}: run this as ` +
      `${name}, or let ${name} stop the stack and remove the folder, or name ` +
      "another folder in DUEWATCH_STATE_DIR.",
  );
}

async function ownerOf(path: string): Promise<number | null> {
  try {
    return (await Deno.stat(path)).uid;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
