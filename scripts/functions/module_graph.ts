import { z } from "zod";
import { runOrThrow } from "../stack/command.ts";

const moduleGraph = z.object({
  modules: z.array(z.object({
    specifier: z.string(),
    error: z.string().optional(),
    dependencies: z.array(z.object({ specifier: z.string() })).default([]),
  })),
});

/** One module of a checkout, as it is written. */
export interface SourceModule {
  /** Its `file:` URL. */
  readonly url: string;
  /** What it imports, types included, by the names in its text. */
  readonly imports: readonly string[];
}

/**
 * Lists a module and all modules of the checkout that it imports, types
 * included. Libraries are not looked up.
 *
 * @param module the path of a TypeScript file.
 */
export async function readModuleGraph(module: string): Promise<SourceModule[]> {
  const { stdout } = await runOrThrow(
    "read the module graph",
    [Deno.execPath(), "info", "--json", "--no-npm", module],
    { env: { DENO_NO_PACKAGE_JSON: "1" } },
  );
  return moduleGraph.parse(JSON.parse(stdout)).modules
    .filter(({ specifier, error }) =>
      specifier.startsWith("file:") && error === undefined
    )
    .map(({ specifier, dependencies }) => ({
      url: specifier,
      imports: dependencies.map((dependency) => dependency.specifier),
    }));
}
