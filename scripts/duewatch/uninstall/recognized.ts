import { dirname, join } from "node:path";
import { readIfExists } from "../../stack/files.ts";
import { readPackage } from "../names/package_sources.ts";
import { compareFiles } from "../project/files.ts";
import { readFunctions, SHARED_FOLDER } from "../project/functions.ts";
import {
  listMigrations,
  MIGRATIONS_FOLDER,
  OUR_MIGRATION,
} from "../project/migrations.ts";
import type { Project } from "../project/project.ts";
import { readQueries } from "../project/queries.ts";
import { renderingOf } from "../project/rendering.ts";
import type { State } from "../project/state.ts";

/** The files of an installation of which nothing says who wrote them. */
export interface Recognized {
  readonly ours: readonly string[];
  /** Where a file of ours belongs, and somebody's own or of another version. */
  readonly unknown: readonly string[];
  readonly folders: readonly string[];
}

// As `install` and `update` write it.
const HEADER =
  /^-- (?:(?:Version .*, written|Written) by `duewatch |Duewatch: words for a status)/m;

/**
 * Recognizes the files of this version in a folder whose `duewatch.json` is
 * lost, by what is in them.
 */
export async function recognizeFiles(
  project: Project,
  state: State,
  packageDir: string,
): Promise<Recognized> {
  const { domain } = await readPackage(packageDir);
  const { files } = await readFunctions(packageDir);
  const queries = await readQueries(
    packageDir,
    renderingOf(state, domain),
    domain,
  );
  const changes = await compareFiles(
    project,
    new Map([...files, ...queries]),
    state,
  );
  const pathsOf = (kind: string) =>
    changes.filter(({ change }) => change === kind).map(({ path }) => path);
  const ours = pathsOf("same");
  for (const name of await listMigrations(project)) {
    const path = join(MIGRATIONS_FOLDER, name);
    const text = await readIfExists(join(project.supabaseDir, path)) ?? "";
    if (OUR_MIGRATION.test(name) && HEADER.test(text)) ours.push(path);
  }
  const folders = new Set<string>();
  for (const path of ours) {
    for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
      folders.add(folder);
    }
  }
  // A function of somebody else can have the name of one of ours.
  const areThere = ours.some((path) =>
    path.startsWith(join("functions", SHARED_FOLDER))
  );
  return {
    ours,
    unknown: areThere ? pathsOf("foreign") : [],
    folders: [...folders],
  };
}
