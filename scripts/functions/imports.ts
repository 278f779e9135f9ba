import { z } from "zod";
import { runOrThrow } from "../stack/command.ts";

const moduleGraph = z.object({
  modules: z.array(z.object({
    specifier: z.string(),
    dependencies: z.array(z.object({ specifier: z.string() })).default([]),
  })),
});

/**
 * Lists the libraries that a module and its imports name, types included.
 *
 * @param module the path of a TypeScript file.
 * @param repoDir the checkout whose deno.json resolves the names.
 * @returns the names in alphabetical order, such as `hono`.
 */
export async function importedLibraries(
  module: string,
  repoDir: string,
): Promise<string[]> {
  const { stdout } = await runOrThrow(
    "read the module graph",
    [Deno.execPath(), "info", "--json", module],
    { cwd: repoDir },
  );
  const names = moduleGraph.parse(JSON.parse(stdout)).modules
    .filter(({ specifier }) => specifier.startsWith("file:"))
    .flatMap(({ dependencies }) => dependencies)
    .map(({ specifier }) => /^(@[^/:]+\/)?[^./:][^/:]*(?=\/|$)/.exec(specifier))
    .filter((match) => match !== null)
    .map(([name]) => name);
  return [...new Set(names)].sort();
}
