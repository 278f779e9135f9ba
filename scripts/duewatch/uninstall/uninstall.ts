import { join } from "node:path";
import { messageOf } from "../../process/message_of.ts";
import { readIfExists } from "../../stack/files.ts";
import type { Outcome } from "../command.ts";
import type { CommonOptions } from "../common_options.ts";
import { DuewatchError } from "../errors.ts";
import { findLeftovers, removeLeftovers } from "../hosted/leftovers.ts";
import { findHosted } from "../hosted/project.ts";
import { literal } from "../names/tokens.ts";
import {
  type DatabaseOptions,
  type ProjectDatabase,
  withProjectDatabase,
} from "../preflight/database.ts";
import { removeAdded } from "../project/config_toml.ts";
import { removeFiles, writeFiles } from "../project/files.ts";
import { digestOf, findProject, type Project } from "../project/project.ts";
import { readState, type State, STATE_FILE } from "../project/state.ts";
import type { Session } from "../session.ts";
import {
  type Deployed,
  extensionsToDrop,
  type FolderContent,
  functionsOf,
  type Leftovers,
  leftovers,
} from "./content.ts";
import { uninstallText } from "./plan_text.ts";
import { recognizeFiles } from "./recognized.ts";

/** What `duewatch uninstall` is given. */
export interface UninstallOptions extends CommonOptions, DatabaseOptions {
  readonly filesOnly?: boolean;
}

/**
 * Takes Duewatch out: first out of the database, in one transaction, then out
 * of the folder. The domain's rows stay as they are.
 */
export async function uninstallFrom(
  session: Session,
  folder: string,
  options: UninstallOptions,
): Promise<Outcome> {
  const project = await findProject(session.cwd, folder);
  const content = await readContent(project, session.packageDir);
  return await withProjectDatabase(
    session,
    project.dir,
    options,
    async (database) => {
      if (database === null && !options.filesOnly) {
        throw new DuewatchError(
          "Which database is Duewatch to be taken out of? Use --db-url or " +
            "--linked; or --files-only, if it was never pushed.",
          1,
        );
      }
      const found = database === null || options.filesOnly
        ? null
        : leftovers.parse(
          await database.read(
            await Deno.readTextFile(new URL("leftovers.sql", import.meta.url)),
          ),
        );
      const deployed = await findDeployed(session, content, options);
      const text = uninstallText(
        content,
        found,
        database?.name ?? null,
        deployed,
      );
      if (!session.confirm(text)) {
        return {
          did: ["Nothing was changed, because of --dry-run."],
          data: { found, files: content.ours, edited: content.edited },
        };
      }
      const did = found === null || database === null
        ? []
        : await cleanDatabase(session, database, found, content.state);
      if (deployed !== null) {
        did.push(
          ...await removeLeftovers(session, deployed.project, deployed),
        );
      }
      did.push(...await cleanFolder(content));
      return {
        did,
        next: deployed === null ? nextSteps(content) : [],
        data: { found, removed: content.ours, kept: content.edited },
      };
    },
  );
}

/** What is deployed to the project that the options name; null without one. */
async function findDeployed(
  session: Session,
  content: FolderContent,
  { filesOnly, ...options }: UninstallOptions,
): Promise<Deployed | null> {
  if (filesOnly || !(options.linked || options.projectRef)) return null;
  const project = await findHosted(content.project.dir, options);
  const leftovers = await findLeftovers(session, project, functionsOf(content));
  return { project, ...leftovers };
}

async function readContent(
  project: Project,
  packageDir: string,
): Promise<FolderContent> {
  const state = await readState(project);
  if (Object.keys(state.files).length === 0) {
    const { ours, unknown, folders } = await recognizeFiles(
      project,
      state,
      packageDir,
    );
    return { project, state, ours, edited: unknown, folders };
  }
  const ours: string[] = [];
  const edited: string[] = [];
  for (const [path, digest] of Object.entries(state.files)) {
    const text = await readIfExists(join(project.supabaseDir, path));
    if (text === null) continue;
    (digestOf(text) === digest ? ours : edited).push(path);
  }
  return { project, state, ours, edited, folders: state.folders };
}

async function cleanDatabase(
  session: Session,
  database: ProjectDatabase,
  found: Leftovers,
  state: State,
): Promise<string[]> {
  const rollback = await Deno.readTextFile(
    join(session.packageDir, "supabase", "rollbacks", "duewatch.sql"),
  );
  // One statement is one transaction, also through the CLI.
  const block = /^do \$rollback\$[\s\S]*^\$rollback\$;/m.exec(rollback)?.[0];
  if (block === undefined) throw new Error("The rollback has another form.");
  try {
    await database.change(block);
  } catch (error) {
    throw new DuewatchError(
      `Nothing was changed. The database refuses: ${messageOf(error)}\n` +
        "Drop what of yours depends on it, then try again.",
      1,
    );
  }
  const did = [`Removed Duewatch from ${database.name}.`];
  if (found.secrets.length > 0) {
    const names = found.secrets.map(literal).join(", ");
    await database.change(`delete from vault.secrets where name in (${names})`);
    did.push(`Removed from Vault: ${found.secrets.join(", ")}.`);
  }
  for (const name of extensionsToDrop(state, found)) {
    try {
      await database.change(`drop extension if exists ${name}`);
      did.push(`Dropped the extension ${name}, which was not there before.`);
    } catch (error) {
      did.push(`The extension ${name} stays: ${messageOf(error)}`);
    }
  }
  return did;
}

async function cleanFolder(
  { project, state, ours, edited, folders }: FolderContent,
): Promise<string[]> {
  const path = join(project.supabaseDir, "config.toml");
  const config = removeAdded(await Deno.readTextFile(path), state.config);
  if (config.found) await writeFiles(project, [["config.toml", config.text]]);
  await removeFiles(project, [...ours, STATE_FILE], folders);
  return [
    ours.length === 0 && !config.found
      ? `Nothing of Duewatch was in ${project.supabaseDir}.`
      : `Removed ${ours.length} files from ${project.supabaseDir}.`,
    ...edited.map((file) =>
      `supabase/${file} stays, because it is not as Duewatch wrote it.`
    ),
  ];
}

function nextSteps(content: FolderContent): string[] {
  const names = functionsOf(content);
  if (names.length === 0) return [];
  return [
    "Were the functions deployed? Then delete them, and their keys:",
    ...names.map((name) => `npx supabase functions delete ${name}`),
    "npx supabase secrets unset JOBS_API_KEY JOBS_READ_KEY",
  ];
}
