import { resolve } from "node:path";
import { readKeys, type StackKeys } from "../../stack/keys.ts";
import { readConfig, type StackConfig, stackUrls } from "../../stack/stack.ts";
import { assertStateDirIsOurs, statePaths } from "../../stack/state_dir.ts";
import { isCheckout } from "../checkout.ts";
import { DuewatchError } from "../errors.ts";
import { linkedRef, refOfDatabase } from "../hosted/project.ts";
import {
  type DatabaseOptions,
  type ProjectDatabase,
  withProjectDatabase,
} from "../preflight/database.ts";
import { findProject, type Project } from "../project/project.ts";
import type { Session } from "../session.ts";

/** The local stack of a checkout, with its own keys. */
export interface LocalStack {
  readonly config: StackConfig;
  readonly keys: StackKeys;
}

/** An installation of Duewatch: a database, and what is known around it. */
export interface Target {
  readonly database: ProjectDatabase;
  /** The ref of the hosted project; null for another database. */
  readonly ref: string | null;
  /** Null for a project of somebody's own. */
  readonly local: LocalStack | null;
  /** The folder with migrations and functions; null where there is none. */
  readonly project: Project | null;
}

/** Which installation a command means. */
export interface TargetOptions extends DatabaseOptions {
  readonly folder: string;
}

/**
 * Works with the installation that the options name: a database by its
 * address, the linked project, else the local stack of this checkout.
 *
 * @throws DuewatchError when none is named and there is no local stack, or when
 *   the database does not answer.
 */
export async function withTarget<T>(
  session: Session,
  { folder, dbUrl, linked, projectRef, profile }: TargetOptions,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const isHosted = linked || projectRef !== undefined;
  const given = dbUrl ?? (
    isHosted ? undefined : session.environment.DUEWATCH_DB_URL || undefined
  );
  const local = given === undefined && !isHosted
    ? await findLocalStack(session)
    : null;
  const project = await projectOf(session, folder, local);
  const options = local !== null
    ? { dbUrl: stackUrls(local.config).databaseUrl }
    : given !== undefined
    ? { dbUrl: given }
    : { linked: true, projectRef, profile };
  const ref = "linked" in options
    ? projectRef ?? (project === null ? null : await linkedRef(project.dir))
    : refOfDatabase(given);
  if ("linked" in options && !isHosted && ref === null) {
    throw new DuewatchError(
      "Which project? Link this folder (npx supabase link --project-ref <ref>), or name " +
        "the project with --project-ref, or its database with --db-url." +
        (await isCheckout(session.packageDir)
          ? " For the local stack, start it: npm start"
          : ""),
    );
  }
  return await withProjectDatabase(
    session,
    project?.dir ?? session.cwd,
    options,
    (database) => {
      if (database === null) throw new Error("No database was named.");
      return work({ database, ref, local, project });
    },
  );
}

async function findLocalStack(
  { packageDir, environment }: Session,
): Promise<LocalStack | null> {
  if (!await isCheckout(packageDir)) return null;
  const config = readConfig({ ...environment });
  await assertStateDirIsOurs(config);
  const keys = await readKeys(statePaths(config).keysFile);
  return keys === null ? null : { config, keys };
}

async function projectOf(
  { cwd, packageDir }: Session,
  folder: string,
  local: LocalStack | null,
): Promise<Project | null> {
  if (local !== null) return await findProject(packageDir, ".");
  try {
    return await findProject(cwd, folder);
  } catch (error) {
    // A database can be asked from anywhere.
    if (error instanceof DuewatchError && folder === ".") return null;
    throw error;
  }
}

/** Whether two paths are the same folder. */
export function isSameFolder(one: string, other: string): boolean {
  return resolve(one) === resolve(other);
}
