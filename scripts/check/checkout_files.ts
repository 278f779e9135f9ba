import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const LEFT_OUT = [".git", ".stack", "node_modules", ".branches", ".temp"];

/**
 * The files of the checkout whose names end with one of the given endings, as
 * paths from its root. It may be a copy without Git.
 */
export async function checkoutFiles(
  endings: readonly string[],
): Promise<string[]> {
  return (await filesIn(ROOT))
    .map((path) => relative(ROOT, path))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort();
}

/** Reads a file of the checkout. @param path from its root. */
export async function readCheckoutFile(path: string): Promise<string> {
  return await Deno.readTextFile(join(ROOT, path));
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const found = await Promise.all(
    entries
      .filter(({ name }) => !LEFT_OUT.includes(name))
      .map(({ name, isDirectory }) => {
        const path = join(folder, name);
        return isDirectory ? filesIn(path) : [path];
      }),
  );
  return found.flat();
}
