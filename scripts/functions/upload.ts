import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { exists, readIfExists } from "../stack/files.ts";
import { readModuleGraph } from "./module_graph.ts";

/**
 * Makes a folder hold what `supabase functions deploy` uploads of one function:
 * its `deno.json`, its `index.ts` and the modules that this imports, at their
 * paths in the checkout. The configuration of the checkout is not among them,
 * so only the function's own `deno.json` says what its imports mean.
 *
 * A lock file beside it fixes the versions of the libraries, so that they come
 * from Deno's cache. It resolves no name.
 *
 * Files that are right already are left alone: a process that is just starting
 * may be reading them.
 *
 * @param folder of the function.
 * @param repoDir the checkout.
 * @param copyDir is created where it is missing. It belongs outside the
 *   checkout, because Deno looks for configuration in the folders above.
 * @returns the function's folder in the copy.
 */
export async function copyUpload(
  folder: string,
  repoDir: string,
  copyDir: string,
): Promise<string> {
  const uploaded = await uploadedFiles(folder);
  const folderInCopy = relative(repoDir, folder);
  const contents = new Map(
    await Promise.all(
      uploaded.map(async (file) =>
        [relative(repoDir, file), await readFile(file)] as const
      ),
    ),
  );
  const lock = await lockedVersions(repoDir);
  if (lock !== null) contents.set(join(folderInCopy, "deno.lock"), lock);

  await Deno.mkdir(copyDir, { recursive: true });
  await removeOthers(copyDir, contents);
  await Promise.all(
    [...contents].map(([path, bytes]) =>
      writeIfChanged(join(copyDir, path), bytes, dirname(copyDir))
    ),
  );
  return join(copyDir, folderInCopy);
}

async function uploadedFiles(folder: string): Promise<string[]> {
  const modules = await readModuleGraph(join(folder, "index.ts"));
  const configuration = join(folder, "deno.json");
  return [
    ...modules.map(({ url }) => fileURLToPath(url)),
    ...await exists(configuration) ? [configuration] : [],
  ];
}

async function lockedVersions(repoDir: string): Promise<Buffer | null> {
  const text = await readIfExists(join(repoDir, "deno.lock"));
  if (text === null) return null;
  const { workspace: _, ...versions } = JSON.parse(text);
  return Buffer.from(JSON.stringify(versions));
}

async function removeOthers(
  copyDir: string,
  wanted: ReadonlyMap<string, unknown>,
  folder = "",
): Promise<void> {
  for await (const entry of Deno.readDir(join(copyDir, folder))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) await removeOthers(copyDir, wanted, path);
    else if (!wanted.has(path)) await Deno.remove(join(copyDir, path));
  }
}

/** Another stack of the checkout finds a whole file, or none. */
async function writeIfChanged(
  path: string,
  bytes: Buffer,
  unfinishedDir: string,
): Promise<void> {
  if (await exists(path) && bytes.equals(await readFile(path))) return;
  await Deno.mkdir(dirname(path), { recursive: true });
  const written = await Deno.makeTempFile({ dir: unfinishedDir });
  await Deno.writeFile(written, bytes);
  await Deno.rename(written, path);
}
