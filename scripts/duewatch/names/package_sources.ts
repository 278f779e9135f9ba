import { join } from "node:path";
import { z } from "zod";
import { readSources, type Sources } from "../../schemas/sources.ts";
import { type Domain, readDomain } from "./domain.ts";

/** The SQL that this version of Duewatch installs, and what it expects. */
export interface PackageSources {
  readonly version: string;
  readonly sources: Sources;
  readonly domain: Domain;
}

const manifest = z.looseObject({ version: z.string() });

/** Reads the SQL of a checkout or of the npm package. */
export async function readPackage(packageDir: string): Promise<PackageSources> {
  const sources = await readSources(packageDir);
  const { version } = manifest.parse(
    JSON.parse(await Deno.readTextFile(join(packageDir, "package.json"))),
  );
  return { version, sources, domain: readDomain(sources) };
}
