import { join } from "node:path";
import { readReleases, type Release } from "../../schemas/releases.ts";
import type { Outcome } from "../command.ts";
import type { CommonOptions } from "../common_options.ts";
import { DuewatchError } from "../errors.ts";
import { readNameMap } from "../names/name_map.ts";
import { readPackage } from "../names/package_sources.ts";
import type { Rendering } from "../names/project_names.ts";
import { viewColumns } from "../names/views.ts";
import { addFunctions } from "../project/config_toml.ts";
import { compareFiles } from "../project/files.ts";
import { readFunctions } from "../project/functions.ts";
import { listMigrations, MIGRATIONS_FOLDER } from "../project/migrations.ts";
import { findProject } from "../project/project.ts";
import { readQueries } from "../project/queries.ts";
import { readState, type State } from "../project/state.ts";
import type { Session } from "../session.ts";
import { updateMigrations } from "./migrations.ts";
import { type UpdatePlan, updateText, writeUpdate } from "./write.ts";

/** What `duewatch update` is given. */
export interface UpdateOptions extends CommonOptions {
  readonly keepEdited?: boolean;
  readonly overwriteEdited?: boolean;
}

/**
 * Brings the files of a project to this version: the functions, and a migration
 * with the difference. A file that somebody has changed is never overwritten
 * without being asked for.
 */
export async function updateProject(
  session: Session,
  folder: string,
  options: UpdateOptions,
): Promise<Outcome> {
  const project = await findProject(session.cwd, folder);
  const state = await readState(project);
  const { packageDir } = session;
  const sources = await readPackage(packageDir);
  const releases = releasesSince(
    state,
    await readReleases(packageDir),
    sources.version,
  );
  const map = readNameMap(state.map, sources.domain);
  const rendering: Rendering = {
    map,
    columns: new Map(
      Object.entries(state.columns)
        .map(([table, names]) => [table, new Set(names)]),
    ),
    defaultTimezone: state.defaultTimezone ?? null,
    views: state.views,
  };
  const { names, files } = await readFunctions(packageDir);
  const queries = await readQueries(packageDir, rendering, sources.domain);
  const wanted = new Map([...files, ...queries]);
  const plan: UpdatePlan = {
    changes: await compareFiles(project, wanted, state),
    removed: Object.keys(state.files).filter((path) =>
      !path.startsWith(`${MIGRATIONS_FOLDER}/`) && !wanted.has(path)
    ),
    migrations: await updateMigrations({
      packageDir,
      sources,
      rendering,
      releases,
      migrations: await listMigrations(project),
      now: session.now(),
    }),
    config: addFunctions(
      await Deno.readTextFile(join(project.supabaseDir, "config.toml")),
      names,
    ),
  };
  refuseEdited(plan, options);
  if (plan.config.kind === "problem") {
    throw new DuewatchError(plan.config.problems.join("\n"), 1);
  }
  const text = updateText(plan, options);
  if (text === null && state.version === sources.version) {
    return {
      did: [
        `Duewatch ${sources.version} is what is here. Nothing was changed.`,
      ],
      data: { written: [] },
    };
  }
  if (
    !session.confirm(
      `From ${state.version} to ${sources.version}:\n${text ?? ""}`,
    )
  ) {
    return {
      did: ["Nothing was written, because of --dry-run."],
      data: { from: state.version, to: sources.version },
    };
  }
  const next: State = {
    ...state,
    version: sources.version,
    views: Object.fromEntries(viewColumns(rendering, sources.domain)),
  };
  const written = await writeUpdate(project, state, next, plan, options);
  return {
    did: [
      `Updated from ${state.version} to ${sources.version}: ${written.length} files.`,
      "No database was changed.",
    ],
    next: [
      "git diff supabase                  look at what has changed",
      "duewatch deploy                    push the migration, deploy the functions, check",
    ],
    data: { from: state.version, to: sources.version, written },
  };
}

function releasesSince(
  state: State,
  releases: readonly Release[],
  version: string,
): readonly Release[] {
  if (!state.complete || state.version === undefined) {
    throw new DuewatchError(
      "Duewatch is not installed here, or not completely. Use: duewatch install",
      1,
    );
  }
  if (state.version === version) return [];
  const from = releases.findIndex((release) =>
    release.version === state.version
  );
  const to = releases.findIndex((release) => release.version === version);
  if (from >= 0 && to >= 0 && to < from) {
    throw new DuewatchError(
      `${state.version} is installed here, and this is the older ${version}. Use ` +
        `duewatch@${state.version} or a later one.`,
      1,
    );
  }
  if (from < 0 || to < 0) {
    const unreleased = from < 0 ? state.version : version;
    throw new DuewatchError(
      `${unreleased} is no released version, and nothing leads from or to it. ` +
        "Take Duewatch out and install this version: duewatch uninstall",
      1,
    );
  }
  return releases.slice(from + 1, to + 1);
}

function refuseEdited(
  { changes }: UpdatePlan,
  { keepEdited, overwriteEdited }: UpdateOptions,
): void {
  const edited = changes.filter(({ change }) =>
    change === "edited" || change === "foreign"
  );
  if (edited.length === 0 || keepEdited || overwriteEdited) return;
  throw new DuewatchError(
    "Nothing was changed. These files are not as Duewatch wrote them:\n" +
      edited.map(({ path }) => `  supabase/${path}`).join("\n") +
      "\n--keep-edited keeps yours and writes the new ones beside them, as " +
      "<file>.duewatch-new. --overwrite-edited replaces them.",
    1,
  );
}
