import { rm } from "node:fs/promises";
import type { SystemUser } from "./users.ts";

/** Whether anything exists at this path, also a dangling link. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** The text of a file, or `null` where there is none. */
export async function readIfExists(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Removes a file or a whole folder; nothing there is fine. */
export async function removeIfExists(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/**
 * Writes a file that only its owner can read, whole or not at all.
 *
 * @param owner who owns it; `null` for the current user.
 */
export async function writeSecretFile(
  path: string,
  text: string,
  owner: SystemUser | null = null,
): Promise<void> {
  const draft = `${path}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(draft, text, { mode: 0o600, createNew: true });
  if (owner !== null) await Deno.chown(draft, owner.uid, owner.gid);
  await Deno.rename(draft, path);
}
