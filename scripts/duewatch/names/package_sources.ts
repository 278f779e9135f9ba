import { readSources, type Sources } from "../../schemas/sources.ts";
import { readVersions } from "../../schemas/version.ts";
import { type Domain, readDomain } from "./domain.ts";

/** The SQL that this version of Duewatch installs, and what it expects. */
export interface PackageSources {
  readonly version: string;
  readonly sources: Sources;
  readonly domain: Domain;
}

/** Reads the SQL of a checkout or of the npm package. */
export async function readPackage(packageDir: string): Promise<PackageSources> {
  const sources = await readSources(packageDir);
  const version = (await readVersions(packageDir)).get("package.json") ?? "";
  return { version, sources, domain: readDomain(sources) };
}
