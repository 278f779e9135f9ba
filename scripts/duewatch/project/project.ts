import { createHash } from "node:crypto";
import { basename, dirname, join, resolve } from "node:path";
import { exists } from "../../stack/files.ts";
import { DuewatchError } from "../errors.ts";

/** A Supabase project of somebody's own, as a folder. */
export interface Project {
  /** The folder that holds `supabase/`. */
  readonly dir: string;
  /** The folder `supabase` itself, in which everything happens. */
  readonly supabaseDir: string;
}

/**
 * Finds the project in a folder.
 *
 * @param folder as it was typed; the folder `supabase` itself will do, too.
 * @throws DuewatchError when there is no Supabase project.
 */
export async function findProject(
  cwd: string,
  folder: string,
): Promise<Project> {
  const path = resolve(cwd, folder);
  const dir = basename(path) === "supabase" &&
      await exists(join(path, "config.toml"))
    ? dirname(path)
    : path;
  const supabaseDir = join(dir, "supabase");
  if (!await exists(join(supabaseDir, "config.toml"))) {
    throw new DuewatchError(
      `${dir} holds no Supabase project: there is no supabase/config.toml. ` +
        "Name the folder of your project, or make one with: npx supabase init",
      1,
    );
  }
  return { dir, supabaseDir };
}

/** @returns the digest by which a file is known again. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
