import { join } from "node:path";
import { firstMigration } from "../../schemas/first_migration.ts";
import { literal } from "../names/tokens.ts";
import type { PackageSources } from "../names/package_sources.ts";
import type { Rendering } from "../names/project_names.ts";
import { renderSources } from "../names/rendering.ts";
import type { Facts } from "../preflight/facts.ts";
import { addFunctions } from "../project/config_toml.ts";
import { compareFiles, type FileChange } from "../project/files.ts";
import { readFunctions } from "../project/functions.ts";
import {
  MAIN_SUFFIX,
  MIGRATIONS_FOLDER,
  VALUES_SUFFIX,
  versionsAfter,
} from "../project/migrations.ts";
import type { Project } from "../project/project.ts";
import { readQueries } from "../project/queries.ts";
import type { State } from "../project/state.ts";

/** What an installation writes into a project. */
export interface InstallPlan {
  readonly functionNames: readonly string[];
  readonly changes: readonly FileChange[];
  readonly migrations: ReadonlyMap<string, string>;
  readonly config: ReturnType<typeof addFunctions>;
}

/** What the plan is made of. */
export interface PlanInput {
  readonly project: Project;
  readonly state: State;
  readonly packageDir: string;
  readonly sources: PackageSources;
  readonly rendering: Rendering;
  readonly facts: Facts | null;
  /** All migrations of the project that are not of an attempt of ours. */
  readonly others: readonly string[];
  readonly now: Date;
}

/** Says which files an installation writes. Nothing is written. */
export async function planInstall(input: PlanInput): Promise<InstallPlan> {
  const { project, state, packageDir, sources, rendering } = input;
  const { names, files } = await readFunctions(packageDir);
  const queries = await readQueries(packageDir, rendering, sources.domain);
  const config = addFunctions(
    await Deno.readTextFile(join(project.supabaseDir, "config.toml")),
    names,
  );
  return {
    functionNames: names,
    changes: await compareFiles(
      project,
      new Map([...files, ...queries]),
      state,
    ),
    migrations: migrationFiles(input),
    config,
  };
}

function migrationFiles(
  { sources, rendering, facts, others, now }: PlanInput,
): Map<string, string> {
  const values = missingValues(facts);
  const suffixes = [...values === null ? [] : [VALUES_SUFFIX], MAIN_SUFFIX];
  const versions = versionsAfter(others, now, suffixes.length);
  const rendered = renderSources(sources.sources, rendering, sources.domain);
  const texts = new Map([
    [VALUES_SUFFIX, values ?? ""],
    [MAIN_SUFFIX, forProject(firstMigration(rendered), sources.version)],
  ]);
  return new Map(
    suffixes.map((suffix, number) => [
      join(MIGRATIONS_FOLDER, `${versions[number]}${suffix}`),
      texts.get(suffix) ?? "",
    ]),
  );
}

function forProject(migration: string, version: string): string {
  return migration.replace(
    /^-- Generated from [\s\S]*?\n--\n-- Rollback: .*\n/m,
    () =>
      `-- Version ${version}, written by \`duewatch install\`. Later changes come as\n` +
      "-- migrations of their own, by `duewatch update`: do not edit this one.\n" +
      "--\n" +
      "-- Rollback: supabase/duewatch/rollback.sql. Check: supabase/duewatch/verify.sql.\n",
  );
}

/** The migration that adds words to enums, or null where none is missing. */
function missingValues(facts: Facts | null): string | null {
  const missing = (facts?.refused ?? []).filter(({ kind }) => kind === "enum");
  if (missing.length === 0) return null;
  const statements = missing.map(({ name, word }) =>
    `alter type ${name} add value if not exists ${literal(word)};`
  );
  return `-- Duewatch: words for a status that your enums lack.
--
-- Why:       a migration cannot use a value that it adds itself.
-- Locks:     nothing for long.
-- Rollback:  none. Postgres cannot take a value out of an enum.

${[...new Set(statements)].join("\n")}
`;
}

/** The columns that mapped tables have, as the state keeps them. */
export function columnsOf(
  facts: Facts,
  { map }: Pick<Rendering, "map">,
): Record<string, string[]> {
  return Object.fromEntries(
    [...map.keys()].map((table) => [
      table,
      Object.values(facts.tables[table].columns).map(({ name }) => name),
    ]),
  );
}
