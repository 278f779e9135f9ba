import { join } from "node:path";
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
  /** A migration that is not needed any more. */
  readonly superfluous: string | null;
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
    return { file: FIRST, superfluous: null, texts };
  }
  const files = [...Deno.readDirSync(join(repoDir, MIGRATIONS))]
    .map(({ name }) => name);
  const present = files.find((name) => name.endsWith(NEXT)) ?? null;
  const text = nextMigration(sources, {
    version: last.version,
    released: await readReleased(repoDir, releases),
    current: present === null
      ? null
      : await Deno.readTextFile(join(repoDir, MIGRATIONS, present)),
  });
  if (text === null) return { file: null, superfluous: present, texts };
  const file = present ?? `${nextVersion(files, now)}${NEXT}`;
  texts.set(join(MIGRATIONS, file), text);
  return { file, superfluous: null, texts };
}

/** Writes the generated files of a checkout. */
export async function writeMigration(
  repoDir: string,
  now = new Date(),
): Promise<string | null> {
  const { file, superfluous, texts } = await planMigration(repoDir, now);
  if (superfluous !== null) {
    await Deno.remove(join(repoDir, MIGRATIONS, superfluous));
  }
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
