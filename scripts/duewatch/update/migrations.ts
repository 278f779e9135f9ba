import { join } from "node:path";
import { MANIFEST } from "../../schemas/manifest.ts";
import { readReleased, type Release } from "../../schemas/releases.ts";
import { isOfDomain } from "../names/domain.ts";
import type { PackageSources } from "../names/package_sources.ts";
import type { Rendering } from "../names/project_names.ts";
import { renderFile, renderSources } from "../names/rendering.ts";
import { viewFiles } from "../names/views.ts";
import { MIGRATIONS_FOLDER, versionsAfter } from "../project/migrations.ts";

// What `npm run migration` writes above each file, and above what is by hand.
const PART =
  /^(?=-- (?:(?:[a-z0-9_]+\/)*[a-z0-9_]+\.sql|(?:begin|end) by hand: \w+)$)/m;
const HAND_END = /^-- end by hand: before$/m;
const VIEW = /^create view /gm;

/** What an update is made of. */
export interface UpdateInput {
  readonly packageDir: string;
  readonly sources: PackageSources;
  readonly rendering: Rendering;
  /** The releases since the installed one, oldest first. */
  readonly releases: readonly Release[];
  readonly migrations: readonly string[];
  /** Migrations of an update that did not come to its end. */
  readonly interrupted: readonly string[];
  readonly now: Date;
}

/**
 * Writes the migrations from the installed version to this one, a file for each
 * release, with the names of the project.
 *
 * @returns texts by path in `supabase/`.
 */
export async function updateMigrations(
  input: UpdateInput,
): Promise<Map<string, string>> {
  const { packageDir, sources, rendering, releases, migrations, now } = input;
  const texts = await readReleased(packageDir, releases);
  const versions = versionsAfter(migrations, now, releases.length);
  return new Map(releases.map((release, number) => {
    const isLast = number === releases.length - 1;
    const suffix = `_duewatch_${release.version.replaceAll(".", "_")}.sql`;
    const name = input.interrupted.find((former) => former.endsWith(suffix)) ??
      `${versions[number]}${suffix}`;
    return [
      join(MIGRATIONS_FOLDER, name),
      forProject(texts[number], isLast, sources, rendering),
    ];
  }));
}

function forProject(
  text: string,
  isLast: boolean,
  { sources, domain, version }: PackageSources,
  rendering: Rendering,
): string {
  const manifest = renderSources(sources, rendering, domain).texts.get(
    MANIFEST,
  );
  const parts = text.split(PART).map((part) => {
    const isManifest = part.startsWith(`-- ${MANIFEST}\n`);
    if (isManifest && isLast && rendering.map.size > 0) {
      return `-- ${MANIFEST}\n\n${
        manifest?.replace(/^create function /m, "create or replace function ")
      }\n\n`;
    }
    const path = /^-- (\S+\.sql)\n/.exec(part)?.[1] ?? "";
    const rendered = renderFile(
      part,
      rendering,
      domain,
      isOfDomain(path, part),
    );
    return HAND_END.test(part) && isLast
      ? `${rendered}${views(rendering, domain)}`
      : rendered;
  });
  return parts.join("").replace(
    /^-- Generated from [\s\S]*?\n--\n-- Rollback: .*\n/m,
    () =>
      `-- Written by \`duewatch update\` to version ${version}. Do not edit it.\n` +
      "--\n" +
      "-- Rollback: supabase/duewatch/rollback.sql. Check: supabase/duewatch/verify.sql.\n",
  );
}

/** The views with our names, with the columns that are new. */
function views(rendering: Rendering, domain: PackageSources["domain"]): string {
  return [...viewFiles(rendering, domain)]
    .filter(([, text]) => !text.startsWith("create schema"))
    .map(([path, text]) =>
      `-- ${path}\n\n${text.replace(VIEW, "create or replace view ")}\n\n`
    ).join("");
}
