import { readModuleGraph } from "./module_graph.ts";

/**
 * Lists the libraries that a module and its imports name, types included.
 *
 * @param module the path of a TypeScript file.
 * @returns the names in alphabetical order, such as `hono`.
 */
export async function importedLibraries(module: string): Promise<string[]> {
  const names = (await readModuleGraph(module))
    .flatMap(({ imports }) => imports)
    .map((name) => /^(@[^/:]+\/)?[^./:][^/:]*(?=\/|$)/.exec(name))
    .filter((match) => match !== null)
    .map(([name]) => name);
  return [...new Set(names)].sort();
}
