import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { SCHEMAS } from "./order.ts";

/** Where the migrations are, from the root of the repository. */
export const MIGRATIONS = "supabase/migrations";

/** The list of the releases, below `supabase/schemas`. */
export const RELEASED = "released.json";

const release = z.strictObject({
  version: z.string(),
  /** Its migration, in `supabase/migrations`. */
  file: z.string(),
  sha256: z.string(),
});

/** A version that is out. Its migration never changes again. */
export type Release = z.infer<typeof release>;

/** A release that cannot be made or is broken; the message says why. */
export class ReleaseError extends Error {}

/** The releases of a checkout, oldest first. */
export async function readReleases(repoDir: string): Promise<Release[]> {
  const text = await Deno.readTextFile(join(repoDir, SCHEMAS, RELEASED));
  return z.array(release).parse(JSON.parse(text));
}

/**
 * The texts of the released migrations, oldest first.
 *
 * @throws ReleaseError naming one that was changed since.
 */
export async function readReleased(
  repoDir: string,
  releases: readonly Release[],
): Promise<string[]> {
  const texts: string[] = [];
  for (const { version, file, sha256 } of releases) {
    const text = await Deno.readTextFile(join(repoDir, MIGRATIONS, file));
    if (sha256Of(text) !== sha256) {
      throw new ReleaseError(
        `${MIGRATIONS}/${file} was released as ${version} and has changed ` +
          "since. Restore it, and write the change into the next migration.",
      );
    }
    texts.push(text);
  }
  return texts;
}

/** Adds a release to the list. */
export async function addRelease(
  repoDir: string,
  release: { readonly version: string; readonly file: string },
): Promise<void> {
  const releases = await readReleases(repoDir);
  const text = await Deno.readTextFile(
    join(repoDir, MIGRATIONS, release.file),
  );
  releases.push({ ...release, sha256: sha256Of(text) });
  await Deno.writeTextFile(
    join(repoDir, SCHEMAS, RELEASED),
    `${JSON.stringify(releases, null, 2)}\n`,
  );
}

function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
