import { join } from "node:path";
import { readReleases } from "../../schemas/releases.ts";
import type { Outcome } from "../command.ts";
import type { CommonOptions } from "../common_options.ts";
import { DuewatchError } from "../errors.ts";
import { readPackage } from "../names/package_sources.ts";
import { viewColumns } from "../names/views.ts";
import {
  type DatabaseOptions,
  withProjectDatabase,
} from "../preflight/database.ts";
import { findingsText, isStopped } from "../preflight/finding.ts";
import { addFunctions } from "../project/config_toml.ts";
import { compareFiles } from "../project/files.ts";
import { readFunctions } from "../project/functions.ts";
import {
  listMigrations,
  MIGRATIONS_FOLDER,
  OUR_MIGRATION,
} from "../project/migrations.ts";
import { findProject, type Project } from "../project/project.ts";
import { readQueries } from "../project/queries.ts";
import { renderingOf } from "../project/rendering.ts";
import { readState, type State } from "../project/state.ts";
import type { Session } from "../session.ts";
import { lookBeforeUpdate } from "./look.ts";
import { updateMigrations } from "./migrations.ts";
import { releasesSince } from "./releases.ts";
import { type UpdatePlan, updateText, writeUpdate } from "./write.ts";

/** What `duewatch update` is given. */
export interface UpdateOptions extends CommonOptions, DatabaseOptions {
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
  const rendering = renderingOf(state, sources.domain);
  const { names, files } = await readFunctions(packageDir);
  const queries = await readQueries(packageDir, rendering, sources.domain);
  const migrations = await listMigrations(project);
  // Written by an update that did not come to its end.
  const interrupted = migrations.filter((name) =>
    OUR_MIGRATION.test(name) &&
    !(join(MIGRATIONS_FOLDER, name) in state.files)
  );
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
      migrations: migrations.filter((name) => !interrupted.includes(name)),
      interrupted,
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
  const { name, findings } = await withProjectDatabase(
    session,
    project.dir,
    options,
    async (database) => ({
      name: database?.name ?? null,
      findings: database === null ? [] : await lookBeforeUpdate(database, {
        project,
        packageDir,
        version: state.version ?? "",
        migrations: await readMigrations(project, migrations, interrupted),
        next: [...plan.migrations.values()],
        overwriteEdited: options.overwriteEdited ?? false,
      }),
    }),
  );
  const data = { from: state.version, to: sources.version, findings };
  if (isStopped(findings)) {
    session.say(`Looked at ${name}:\n${findingsText(findings)}`);
    return {
      exitCode: 1,
      did: ["Nothing was written."],
      next: ["Do what stands beneath each ✗, then run the same command again."],
      data,
    };
  }
  if (
    !session.confirm(
      [
        name === null
          ? "No database was looked at. With --db-url or --linked, what would fail at its push is found now."
          : `Looked at ${name}:`,
        ...findings.length === 0 ? [] : [findingsText(findings)],
        "",
        `From ${state.version} to ${sources.version}:\n${text ?? ""}`,
      ].join("\n"),
    )
  ) {
    return { did: ["Nothing was written, because of --dry-run."], data };
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
      "npx duewatch deploy                    push the migration, deploy the functions, check",
    ],
    data: { ...data, written },
  };
}

/** The texts of the folder's migrations, by their names. */
async function readMigrations(
  { supabaseDir }: Project,
  names: readonly string[],
  without: readonly string[],
): Promise<Map<string, string>> {
  const kept = names.filter((name) => !without.includes(name));
  return new Map(
    await Promise.all(kept.map(async (name) =>
      [
        name,
        await Deno.readTextFile(join(supabaseDir, MIGRATIONS_FOLDER, name)),
      ] as const
    )),
  );
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
