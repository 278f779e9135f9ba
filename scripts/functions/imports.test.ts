import { deepEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { functionNames, functionsDir } from "./catalog.ts";
import { importedLibraries } from "./imports.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

for (const name of await functionNames(ROOT)) {
  Deno.test(`the deno.json of ${name} lists the libraries that it imports`, async () => {
    const folder = join(functionsDir(ROOT), name);
    const { imports } = z.object({ imports: z.record(z.string(), z.string()) })
      .parse(JSON.parse(await Deno.readTextFile(join(folder, "deno.json"))));
    deepEqual(
      Object.keys(imports).sort(),
      await importedLibraries(join(folder, "index.ts")),
    );
  });
}
