import { join, relative } from "node:path";
import { functionNames, functionsDir } from "../../functions/catalog.ts";

/** What the functions share, in a project of somebody's own. */
export const SHARED_FOLDER = "_duewatch";
const SHARED_IN_CHECKOUT = "_shared";

/** The functions as a project gets them. */
export interface FunctionFiles {
  readonly names: readonly string[];
  /** Text of each file by its path in `supabase/`. */
  readonly files: ReadonlyMap<string, string>;
}

const IS_TEST = /(?:^|\/)testing\/|\.test\.ts$/;
const IS_SOURCE = /\.(?:ts|json|sql|txt|html)$/;
const IMPORT = new RegExp(
  String.raw`((?:from|import)\s*\(?\s*["'](?:\.\.?\/)+)${SHARED_IN_CHECKOUT}/`,
  "g",
);

/**
 * Reads the Edge Functions, without their tests. What they share lies in a
 * folder of its own, so that it never meets a project's `_shared`.
 *
 * @param packageDir where Duewatch's own files are.
 */
export async function readFunctions(
  packageDir: string,
): Promise<FunctionFiles> {
  const root = functionsDir(packageDir);
  const names = await functionNames(packageDir);
  const files = new Map<string, string>();
  for (const folder of [...names, SHARED_IN_CHECKOUT]) {
    for (const path of await pathsIn(join(root, folder))) {
      const inFolder = relative(join(root, folder), path);
      if (IS_TEST.test(inFolder) || !IS_SOURCE.test(inFolder)) continue;
      const target = folder === SHARED_IN_CHECKOUT ? SHARED_FOLDER : folder;
      const text = await Deno.readTextFile(path);
      files.set(
        join("functions", target, inFolder),
        text.replaceAll(IMPORT, `$1${SHARED_FOLDER}/`),
      );
    }
  }
  return { names, files };
}

async function pathsIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) paths.push(...await pathsIn(path));
    else paths.push(path);
  }
  return paths.sort();
}
