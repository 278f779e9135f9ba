import { join } from "node:path";
import { z } from "zod";
import { importedLibraries } from "../functions/imports.ts";
import { formatted } from "../process/formatted.ts";

const TEMPLATE = join(import.meta.dirname ?? "", "template");
const TEMPLATES_JOB = `"new-job"`;
const SHARED_FROM_TEMPLATE = "../../../supabase/functions/_shared/";
const SHARED = "../_shared/";

/**
 * Writes the files of a job's function, from a job that works, has tests, and
 * is checked with everything else.
 *
 * @param name of the job.
 * @param repoDir the root of the checkout, whose versions of the libraries it
 *   gets.
 * @returns their texts by name.
 */
export async function functionFiles(
  name: string,
  repoDir: string,
): Promise<Record<string, string>> {
  const files: Record<string, string> = {
    "deno.json": await formatted("json", await importMap(repoDir)),
  };
  for (const file of ["index.ts", "job.ts", "job.test.ts"]) {
    const text = await Deno.readTextFile(join(TEMPLATE, file));
    files[file] = await formatted(
      "ts",
      text
        .replaceAll(SHARED_FROM_TEMPLATE, SHARED)
        .replaceAll(TEMPLATES_JOB, JSON.stringify(name)),
    );
  }
  return files;
}

const denoJson = z.object({ imports: z.record(z.string(), z.string()) });

/** The libraries that a job needs, in the versions of the checkout. */
async function importMap(repoDir: string): Promise<string> {
  const { imports } = denoJson.parse(
    JSON.parse(await Deno.readTextFile(join(repoDir, "deno.json"))),
  );
  const needed = await importedLibraries(join(TEMPLATE, "index.ts"));
  return JSON.stringify({
    imports: Object.fromEntries(
      needed.map((library) => [library, imports[library]]),
    ),
  });
}
