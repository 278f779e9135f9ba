import { join } from "node:path";
import { nextVersion } from "../../new_job/migrations.ts";
import { DuewatchError } from "../errors.ts";
import type { Project } from "./project.ts";

/** The folder of migrations, in `supabase/`. */
export const MIGRATIONS_FOLDER = "migrations";

/** The migration that adds words to an enum comes before the one that uses them. */
export const VALUES_SUFFIX = "_duewatch_status_values.sql";
export const MAIN_SUFFIX = "_duewatch.sql";

/** Names by which our migrations are known, as `jobs` and people see them. */
export const OUR_MIGRATION = /^\d+_duewatch(?:_[a-z0-9_]+)?\.sql$/;

/** The migrations of a project, in the order in which the CLI applies them. */
export async function listMigrations(
  { supabaseDir }: Project,
): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(
      Deno.readDir(join(supabaseDir, MIGRATIONS_FOLDER)),
    );
    return entries.map(({ name }) => name)
      .filter((name) => /^\d+_.*\.sql$/.test(name))
      .sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * Finds versions that come after all others, as versions and as names of files,
 * also where these lie in the future or are no instants.
 *
 * @throws DuewatchError when a version is so high that none comes after it.
 */
export function versionsAfter(
  others: readonly string[],
  now: Date,
  count: number,
): string[] {
  const versions: string[] = [];
  for (let number = 0; number < count; number++) {
    const names = [...others, ...versions.map((version) => `${version}_`)];
    const next = nextVersion(names, now);
    const last = names.map((name) => name.split("_")[0]).sort().at(-1) ?? "";
    versions.push(next > last ? next : following(last));
  }
  return versions;
}

function following(last: string): string {
  const next = String(BigInt(last) + 1n).padStart(last.length, "0");
  if (next.length === last.length) return next.padEnd(14, "0");
  throw new DuewatchError(
    `No migration can come after supabase/${MIGRATIONS_FOLDER}/${last}_….sql: ` +
      "its version is the highest there is.",
    1,
  );
}
