import { join } from "node:path";
import { exists } from "../../stack/files.ts";
import type { Finding } from "../preflight/finding.ts";
import { SHARED_FOLDER } from "../project/functions.ts";
import { MIGRATIONS_FOLDER, OUR_MIGRATION } from "../project/migrations.ts";
import type { Project } from "../project/project.ts";
import type { State } from "../project/state.ts";
import type { InstallPlan } from "./plan.ts";

/** What is in the way in a project's folder. */
export async function folderFindings(
  project: Project,
  state: State,
  plan: InstallPlan,
  migrations: readonly string[],
): Promise<Finding[]> {
  return [
    ...await foreignFolders(project, state, plan),
    ...plan.changes
      .filter(({ change, path }) =>
        change === "foreign" && !path.startsWith("functions/")
      )
      .map(({ path }) =>
        stop(
          `supabase/${path} is there, and not ours.`,
          "Give it another name.",
        )
      ),
    ...edited(plan),
    ...unknownMigrations(state, migrations),
    ...plan.config.kind === "problem"
      ? plan.config.problems.map((problem) =>
        stop(problem, "Correct it, then install again.")
      )
      : [],
  ];
}

/** Folders of functions that somebody else has made. */
async function foreignFolders(
  { supabaseDir }: Project,
  { files }: State,
  { functionNames, changes }: InstallPlan,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of [...functionNames, SHARED_FOLDER]) {
    const folder = join("functions", name);
    const isOurs = Object.keys(files).some((path) =>
      path.startsWith(`${folder}/`)
    );
    if (isOurs || !await exists(join(supabaseDir, folder))) continue;
    const ofOurs = changes.filter(({ path }) => path.startsWith(`${folder}/`));
    if (ofOurs.every(({ change }) => change === "same")) continue;
    findings.push(stop(
      `supabase/${folder} is there, and not ours.`,
      "Duewatch needs this name, because the database calls it.\n" +
        "If it is yours, give it another name. If an earlier attempt left it: " +
        `rm -r supabase/${folder}`,
    ));
  }
  return findings;
}

function edited({ changes }: InstallPlan): Finding[] {
  return changes.filter(({ change }) => change === "edited").map(({ path }) =>
    stop(
      `supabase/${path} was changed since Duewatch wrote it.`,
      "Keep a copy, delete the file, and try again. npx duewatch update can keep it: --keep-edited",
    )
  );
}

function unknownMigrations(
  { files }: State,
  migrations: readonly string[],
): Finding[] {
  return migrations
    .filter((name) =>
      OUR_MIGRATION.test(name) && !(join(MIGRATIONS_FOLDER, name) in files)
    )
    .map((name) =>
      stop(
        `supabase/${MIGRATIONS_FOLDER}/${name} is left of an earlier attempt: nothing ` +
          "says who wrote it.",
        "1. Was it ever pushed? Then remove what it left in the database:\n" +
          '   npx duewatch uninstall --db-url "$DATABASE_URL" (or --linked)\n' +
          `2. Delete the file: rm supabase/${MIGRATIONS_FOLDER}/${name}\n` +
          "3. Install again: npx duewatch install",
      )
    );
}

const stop = (what: string, todo: string): Finding => ({
  level: "stop",
  what,
  todo,
});
