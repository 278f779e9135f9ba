import { join } from "node:path";
import { MANIFEST, manifestSql, objectsOf } from "./manifest.ts";
import { readOrder, SCHEMAS, type Section } from "./order.ts";

/** What `supabase/schemas` says. */
export interface Sources {
  readonly sections: readonly Section[];
  /** The text of each file by its path, in the order of creation. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Reads the sources of the database. The manifest is not read but made from
 * the other files.
 *
 * @throws OrderError when `order.txt` and the files do not agree.
 */
export async function readSources(repoDir: string): Promise<Sources> {
  const sections = await readOrder(repoDir);
  const texts = new Map<string, string>();
  for (const file of sections.flatMap(({ files }) => files)) {
    const text = await Deno.readTextFile(join(repoDir, SCHEMAS, file));
    texts.set(file, text.trimEnd());
  }
  // It lists itself.
  texts.set(MANIFEST, "comment on function jobs.manifest() is '';");
  texts.set(MANIFEST, manifestSql(objectsOf(texts)).trimEnd());
  return { sections, texts };
}
