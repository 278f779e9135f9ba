import { join } from "node:path";
import { missingFolders, removeFiles, writeFiles } from "../project/files.ts";
import { MIGRATIONS_FOLDER } from "../project/migrations.ts";
import { digestOf, type Project } from "../project/project.ts";
import { type State, STATE_FILE, stateText } from "../project/state.ts";
import type { InstallPlan } from "./plan.ts";

/**
 * Writes an installation. What will be written is noted first, so that an
 * installation that is interrupted is known, and completed by the next one.
 *
 * @returns the paths that were written, in `supabase/`.
 */
export async function writeInstallation(
  project: Project,
  before: State,
  next: State,
  plan: InstallPlan,
): Promise<string[]> {
  const migrations = before.complete
    ? new Map<string, string>()
    : plan.migrations;
  const files = new Map([
    ...plan.changes
      .filter(({ change }) => change === "new" || change === "changed")
      .map(({ path, text }) => [path, text] as const),
    ...migrations,
  ]);
  const abandoned = before.complete ? [] : Object.keys(before.files)
    .filter((path) =>
      path.startsWith(`${MIGRATIONS_FOLDER}/`) && !migrations.has(path)
    );
  const known = Object.entries(before.files)
    .filter(([path]) => !abandoned.includes(path));
  const same = plan.changes.map(({ path, text }) => [path, digestOf(text)]);
  const written = [...files].map(([path, text]) => [path, digestOf(text)]);
  const config = plan.config.kind === "append" ? plan.config : null;
  const state: State = {
    ...next,
    complete: false,
    files: Object.fromEntries(
      [...known, ...same, ...written].sort(([a], [b]) => a < b ? -1 : 1),
    ),
    folders: [
      ...new Set([
        ...before.folders,
        ...await missingFolders(project, files.keys()),
      ]),
    ].sort(),
    config: before.config + (config?.added ?? ""),
  };

  await writeFiles(project, [[STATE_FILE, stateText(state)]]);
  await removeFiles(project, abandoned, []);
  await writeFiles(project, files);
  if (config !== null && config.added !== "") {
    await writeFiles(project, [["config.toml", config.text]]);
  }
  await writeFiles(project, [[
    STATE_FILE,
    stateText({ ...state, complete: true }),
  ]]);
  return [
    ...files.keys(),
    ...config?.added ? ["config.toml"] : [],
    join(STATE_FILE),
  ];
}
