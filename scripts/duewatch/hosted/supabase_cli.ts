import { dirname, join } from "node:path";
import { run } from "../../stack/command.ts";
import { StackError } from "../../stack/errors.ts";
import { DuewatchError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { HostedProject } from "./project.ts";
import { refusalOf } from "./refusals.ts";

/**
 * Runs the Supabase CLI against a hosted project.
 *
 * @param purpose as the end of "Could not …".
 * @param args without the options that every command gets.
 * @param env what it is given besides, such as a password.
 * @returns its standard output.
 * @throws DuewatchError that says why it failed, and what to do.
 */
export async function runCli(
  session: Session,
  project: HostedProject,
  purpose: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { code, stdout, stderr } = await start(session, project, args, env);
  if (code === 0) return stdout;
  throw await refusalOf(
    `${stderr}\n${stdout}`,
    purpose,
    project.ref,
    () => projectStatus(session, project),
  );
}

/**
 * Asks what the account sees of a project, before anything is changed.
 *
 * @throws DuewatchError when it is not signed in, has no such project, or the
 *   project does not run.
 */
export async function checkProject(
  session: Session,
  project: HostedProject,
): Promise<void> {
  const { code, stdout, stderr } = await listProjects(session, project);
  const output = code === 0
    ? JSON.stringify({ message: "Project not found" })
    : `${stderr}\n${stdout}`;
  const status = code === 0 ? statusIn(stdout, project.ref) : "unknown";
  // A token may be good for one project, and not for the list of them.
  if (status === "ACTIVE_HEALTHY" || /privileges|Forbidden/i.test(output)) {
    return;
  }
  throw await refusalOf(
    output,
    "look at your projects",
    project.ref,
    () => Promise.resolve(status),
  );
}

/** What a project is doing, in the words of the Management API. */
export type ProjectStatus = string | "missing" | "unknown";

async function projectStatus(
  session: Session,
  project: HostedProject,
): Promise<ProjectStatus> {
  const { code, stdout } = await listProjects(session, project);
  return code === 0 ? statusIn(stdout, project.ref) : "unknown";
}

function statusIn(output: string, ref: string): ProjectStatus {
  const projects = JSON.parse(output) as {
    readonly ref?: string;
    readonly id?: string;
    readonly status: string;
  }[];
  return projects.find((project) => (project.ref ?? project.id) === ref)
    ?.status ?? "missing";
}

function listProjects(session: Session, project: HostedProject) {
  return start(session, project, ["projects", "list", "--output=json"], {});
}

async function start(
  session: Session,
  { dir, profile }: HostedProject,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) {
  const { SUPABASE_ACCESS_TOKEN } = session.environment;
  try {
    return await run([
      supabaseCli(session, dir),
      ...args,
      "--yes",
      "--agent=no",
      `--workdir=${dir}`,
      ...profile === undefined ? [] : [`--profile=${profile}`],
    ], {
      cwd: dir,
      env: {
        ...QUIET_CLI,
        ...SUPABASE_ACCESS_TOKEN ? { SUPABASE_ACCESS_TOKEN } : {},
        ...env,
      },
    });
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    throw new DuewatchError(
      "The Supabase CLI is not installed here. Add it to your project: " +
        "npm install --save-dev supabase",
    );
  }
}

/**
 * Finds the Supabase CLI: the one that is named, that came with Duewatch, that
 * the project has, or that the shell finds.
 */
function supabaseCli(
  { packageDir, environment }: Session,
  projectDir: string,
): string {
  const { DUEWATCH_SUPABASE_CLI } = environment;
  if (DUEWATCH_SUPABASE_CLI) return DUEWATCH_SUPABASE_CLI;
  const folders = [
    join(packageDir, "node_modules", ".bin"),
    join(packageDir, "..", ".bin"),
  ];
  for (let dir = projectDir;; dir = dirname(dir)) {
    folders.push(join(dir, "node_modules", ".bin"));
    if (dir === dirname(dir)) break;
  }
  return folders.map((folder) => join(folder, "supabase")).find(isFile) ??
    "supabase";
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const QUIET_CLI = {
  DO_NOT_TRACK: "1",
  SUPABASE_TELEMETRY_DISABLED: "1",
  NO_COLOR: "1",
};
