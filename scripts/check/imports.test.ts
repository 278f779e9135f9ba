import { deepEqual, ok } from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import { runOrThrow } from "../stack/command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const moduleGraph = z.object({
  modules: z.array(z.object({
    specifier: z.string(),
    dependencies: z.array(z.object({
      code: z.object({ specifier: z.string().optional() }).optional(),
      type: z.object({ specifier: z.string().optional() }).optional(),
    })).default([]),
  })),
});

/** The files of the repository, each with those that it imports. */
async function importsOfRepository(): Promise<Map<string, string[]>> {
  const paths = globSync("{scripts,supabase}/**/*.ts", { cwd: ROOT });
  const folder = await Deno.makeTempDir();
  try {
    const entry = join(folder, "all.ts");
    const urls = paths.map((path) => pathToFileURL(join(ROOT, path)).href);
    await Deno.writeTextFile(
      entry,
      urls.map((url) => `import ${JSON.stringify(url)};\n`).join(""),
    );
    const info = await runOrThrow("read the imports", [
      Deno.execPath(),
      "info",
      "--json",
      `--config=${join(ROOT, "deno.json")}`,
      entry,
    ], { cwd: ROOT });
    const { modules } = moduleGraph.parse(JSON.parse(info.stdout));
    return new Map(modules.map(({ specifier, dependencies }) => [
      specifier,
      dependencies
        .flatMap(({ code, type }) => [code?.specifier, type?.specifier])
        .filter((imported) => imported !== undefined),
    ]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The modules that import each other in circles, or lie between circles. */
function modulesInCircles(imports: ReadonlyMap<string, string[]>): string[] {
  let left = new Set(imports.keys());
  let before: number;
  do {
    before = left.size;
    const importers = [...left]
      .filter((module) => imports.get(module)?.some((name) => left.has(name)));
    const imported = new Set(importers.flatMap((name) => imports.get(name)));
    left = new Set(importers.filter((module) => imported.has(module)));
  } while (left.size < before);
  return [...left].sort();
}

Deno.test("no import circle exists in the repository", async () => {
  const imports = await importsOfRepository();
  ok(imports.has(import.meta.url));
  deepEqual(
    modulesInCircles(imports).map((url) =>
      url.replace(import.meta.resolve("../../"), "")
    ),
    [],
  );
});

Deno.test("a circle is found among modules that lead to it and from it", () => {
  const imports = new Map([
    ["main", ["a"]],
    ["a", ["b", "leaf"]],
    ["b", ["a"]],
    ["leaf", []],
  ]);
  deepEqual(modulesInCircles(imports), ["a", "b"]);
});
