import { deepEqual, match } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { functionNames } from "../functions/catalog.ts";

const root = new URL("../../", import.meta.url);
const functions = new URL("supabase/functions/", root);

const importMap = z.object({
  imports: z.record(z.string(), z.string()).default({}),
});

async function importsOf(file: URL): Promise<Record<string, string>> {
  return importMap.parse(JSON.parse(await Deno.readTextFile(file))).imports;
}

Deno.test("every library is pinned to one exact version", async () => {
  const files = [
    new URL("deno.json", root),
    new URL("scripts/dashboard/page/deno.json", root),
    ...(await functionNames(fileURLToPath(root))).map((name) =>
      new URL(`${name}/deno.json`, functions)
    ),
  ];
  for (const file of files) {
    for (const specifier of Object.values(await importsOf(file))) {
      match(specifier, /^npm:\/?(@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+\/?$/);
    }
  }
});

// The edge runtime reads the deno.json of the function, also for _shared; the
// tests read the one of the repository. Both have to name the same versions.
Deno.test("a function deploys with the versions that it is tested with", async () => {
  const tested = await importsOf(new URL("deno.json", root));
  for (const name of await functionNames(fileURLToPath(root))) {
    const deployed = await importsOf(new URL(`${name}/deno.json`, functions));
    for (const [library, specifier] of Object.entries(deployed)) {
      deepEqual({ [library]: specifier }, { [library]: tested[library] }, name);
    }
  }
});
