import { join } from "node:path";
import { exists } from "../stack/files.ts";
import { nextVersion } from "../new_job/migrations.ts";
import { firstMigration } from "./first_migration.ts";
import { MANIFEST } from "./manifest.ts";
import { nextMigration } from "./next_migration.ts";
import { SCHEMAS } from "./order.ts";
import {
  addRelease,
  MIGRATIONS,
  readReleased,
  readReleases,
  ReleaseError,
} from "./releases.ts";
import { readSources } from "./sources.ts";
import { readVersions } from "./version.ts";

/** The migration that installs everything. */
export const FIRST = "20261128000000_duewatch.sql";

/** How the migration after the last release is called until its own. */
const NEXT = "_duewatch_next.sql";

/** Files that `npm run migration` writes: their paths and texts. */
export interface Plan {
  /** The migration, in `supabase/migrations`; null when none is needed. */
  readonly file: string | null;
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Says what the generated files of a checkout should be: the manifest, and the
 * migration that is not released yet. Before the first release that is one
 * migration with everything, afterwards what has changed since the last one.
 *
 * @throws OrderError when `order.txt` and the files do not agree.
 * @throws ReleaseError when a released migration has changed.
 */
export async function planMigration(
  repoDir: string,
  now = new Date(),
): Promise<Plan> {
  const sources = await readSources(repoDir);
  const releases = await readReleases(repoDir);
  const texts = new Map([
    [join(SCHEMAS, MANIFEST), `${sources.texts.get(MANIFEST)}\n`],
  ]);
  const last = releases.at(-1);
  if (last === undefined) {
    texts.set(join(MIGRATIONS, FIRST), firstMigration(sources));
    return { file: FIRST, texts };
  }
  const files = [...Deno.readDirSync(join(repoDir, MIGRATIONS))]
    .map(({ name }) => name);
  const file = files.find((name) => name.endsWith(NEXT)) ??
    `${nextVersion(files, now)}${NEXT}`;
  const path = join(repoDir, MIGRATIONS, file);
  const text = nextMigration(sources, {
    version: last.version,
    released: await readReleased(repoDir, releases),
    current: await exists(path) ? await Deno.readTextFile(path) : null,
  });
  if (text === null) return { file: null, texts };
  texts.set(join(MIGRATIONS, file), text);
  return { file, texts };
}

/** Writes the generated files of a checkout. */
export async function writeMigration(
  repoDir: string,
  now = new Date(),
): Promise<string | null> {
  const { file, texts } = await planMigration(repoDir, now);
  for (const [path, text] of texts) {
    await Deno.writeTextFile(join(repoDir, path), text);
  }
  return file;
}

/**
 * Releases the migration of a checkout: from now on it is frozen.
 *
 * @returns its name in `supabase/migrations`.
 * @throws ReleaseError when the checkout says that it is another version, or
 *   nothing has changed since the last release.
 */
export async function releaseMigration(
  repoDir: string,
  version: string,
): Promise<string> {
  if (!/^\d+\.\d+\.\d+$/.test(version)) {
    throw new ReleaseError(`A release is called 1.2.3, and not ${version}.`);
  }
  for (const [path, found] of await readVersions(repoDir)) {
    if (found === version) continue;
    throw new ReleaseError(
      `${path} says ${found}. Set it to ${version} first.`,
    );
  }
  const written = await writeMigration(repoDir);
  if (written === null) {
    throw new ReleaseError("Nothing has changed since the last release.");
  }
  const file = written.replace(
    NEXT,
    `_duewatch_${version.replaceAll(".", "_")}.sql`,
  );
  const folder = join(repoDir, MIGRATIONS);
  await Deno.rename(join(folder, written), join(folder, file));
  await addRelease(repoDir, { version, file });
  return file;
}
