import { join } from "node:path";
import { readIfExists } from "../../stack/files.ts";
import type { addFunctions } from "../project/config_toml.ts";
import {
  type FileChange,
  missingFolders,
  removeFiles,
  writeFiles,
} from "../project/files.ts";
import { digestOf, type Project } from "../project/project.ts";
import { type State, STATE_FILE, stateText } from "../project/state.ts";

/** What an update changes. */
export interface UpdatePlan {
  readonly changes: readonly FileChange[];
  /** Files of the installed version that this one does not have. */
  readonly removed: readonly string[];
  readonly migrations: ReadonlyMap<string, string>;
  readonly config: ReturnType<typeof addFunctions>;
}

interface Edited {
  readonly keepEdited?: boolean;
}

/** What is written beside a file that somebody has changed. */
const BESIDE = ".duewatch-new";

/** Says what an update changes; null when nothing. */
export function updateText(
  plan: UpdatePlan,
  { keepEdited }: Edited,
): string | null {
  const config = plan.config.kind === "append" && plan.config.added !== "";
  const lines = [
    ...[...plan.migrations.keys()].map((path) =>
      `  new       supabase/${path}`
    ),
    ...plan.changes.filter(({ change }) => change !== "same").map(
      ({ path, change }) =>
        change === "new" || change === "changed"
          ? `  ${change.padEnd(9)} supabase/${path}`
          : keepEdited
          ? `  new       supabase/${path}${BESIDE}, beside yours`
          : `  replaced  supabase/${path}, which was changed by somebody`,
    ),
    ...plan.removed.map((path) => `  removed   supabase/${path}`),
    ...config ? ["  added to  supabase/config.toml"] : [],
  ];
  return lines.length === 0 ? null : lines.join("\n");
}

/**
 * Writes an update, the new state first, so that it can be repeated.
 *
 * @returns the paths that were written, in `supabase/`.
 */
export async function writeUpdate(
  project: Project,
  before: State,
  next: State,
  plan: UpdatePlan,
  { keepEdited }: Edited,
): Promise<string[]> {
  const files = new Map<string, string>(plan.migrations);
  const digests = new Map(Object.entries(before.files));
  for (const { path, text, change } of plan.changes) {
    const isYours = change === "edited" || change === "foreign";
    if (isYours && keepEdited) {
      files.set(`${path}${BESIDE}`, text);
      continue;
    }
    digests.set(path, digestOf(text));
    if (change !== "same") files.set(path, text);
  }
  for (const [path, text] of plan.migrations) digests.set(path, digestOf(text));
  const removed: string[] = [];
  for (const path of plan.removed) {
    const present = await readIfExists(join(project.supabaseDir, path));
    // What somebody has changed stays, and is nobody's but theirs.
    if (present !== null && digestOf(present) === before.files[path]) {
      removed.push(path);
    }
    digests.delete(path);
  }
  const config = plan.config.kind === "append" ? plan.config : null;
  if (config !== null && config.added !== "") {
    files.set("config.toml", config.text);
  }
  const state: State = {
    ...next,
    files: Object.fromEntries(
      [...digests].sort(([a], [b]) => a < b ? -1 : 1),
    ),
    folders: [
      ...new Set([
        ...before.folders,
        ...await missingFolders(project, files.keys()),
      ]),
    ].sort(),
    config: before.config + (config?.added ?? ""),
  };
  await writeFiles(project, files);
  await removeFiles(project, removed, before.folders);
  await writeFiles(project, [[STATE_FILE, stateText(state)]]);
  return [...files.keys(), STATE_FILE];
}
