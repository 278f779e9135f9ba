import { dirname, join } from "node:path";
import { exists, readIfExists, removeIfExists } from "../../stack/files.ts";
import { digestOf, type Project } from "./project.ts";
import type { State } from "./state.ts";

/** How a file of the project compares with what is to be written there. */
export interface FileChange {
  /** In `supabase/`. */
  readonly path: string;
  readonly text: string;
  readonly change: "new" | "same" | "changed" | "edited" | "foreign";
}

/**
 * Compares files with what is to be written.
 *
 * `changed`: it is as we wrote it, and the new version differs. `edited`:
 * somebody has changed what we wrote. `foreign`: it is not ours at all.
 */
export async function compareFiles(
  { supabaseDir }: Project,
  wanted: ReadonlyMap<string, string>,
  { files }: State,
): Promise<FileChange[]> {
  return await Promise.all([...wanted].map(async ([path, text]) => {
    const present = await readIfExists(join(supabaseDir, path));
    const known = files[path];
    const change = present === null
      ? "new"
      : present === text
      ? "same"
      : known === undefined
      ? "foreign"
      : digestOf(present) === known
      ? "changed"
      : "edited";
    return { path, text, change } as const;
  }));
}

/** Writes files, each whole or not at all. */
export async function writeFiles(
  { supabaseDir }: Project,
  files: Iterable<readonly [string, string]>,
): Promise<void> {
  for (const [path, text] of files) {
    const target = join(supabaseDir, path);
    await Deno.mkdir(dirname(target), { recursive: true });
    const draft = `${target}.duewatch-draft`;
    await Deno.writeTextFile(draft, text);
    await Deno.rename(draft, target);
  }
}

/** @returns the folders that writing these files would create. */
export async function missingFolders(
  { supabaseDir }: Project,
  paths: Iterable<string>,
): Promise<string[]> {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
      if (folders.has(folder)) break;
      if (!await exists(join(supabaseDir, folder))) folders.add(folder);
    }
  }
  return [...folders].sort();
}

/** Removes files, and of the folders those that are empty without them. */
export async function removeFiles(
  { supabaseDir }: Project,
  paths: readonly string[],
  folders: readonly string[],
): Promise<void> {
  for (const path of paths) await removeIfExists(join(supabaseDir, path));
  // The innermost first.
  for (const folder of folders.toSorted((a, b) => b.length - a.length)) {
    const path = join(supabaseDir, folder);
    if (!await exists(path)) continue;
    const [first] = Deno.readDirSync(path);
    if (first === undefined) await Deno.remove(path);
  }
}
