import { join } from "node:path";
import { functionsDir } from "../functions/catalog.ts";
import { runOrThrow } from "../stack/command.ts";
import { configFile, withSection } from "./config_section.ts";
import { NewJobError } from "./errors.ts";
import { functionFiles } from "./function_files.ts";
import {
  migrationName,
  migrationsDir,
  migrationsOf,
  migrationText,
  type NewJob,
} from "./migrations.ts";
import { obstaclesTo } from "./obstacles.ts";

/** Where the job is created. */
export interface Workshop {
  /** The root of the checkout. */
  readonly repoDir: string;
  readonly now: Date;
  /** Gives it up: what has been made until then is removed. */
  readonly signal: AbortSignal;
}

/** What there is now, from the root of the checkout. */
export interface MadeJob {
  readonly folder: string;
  /** The files in that folder. */
  readonly files: readonly string[];
  readonly migration: string;
}

/**
 * Makes a job that works and passes every check: its function with a test, the
 * migration that registers it, its section in the configuration, and its
 * libraries in the lock file. Makes all of it, or nothing.
 *
 * @throws {NewJobError} when something has its name; the signal's reason when
 *   it is given up.
 */
export async function makeJob(
  job: NewJob,
  { repoDir, now, signal }: Workshop,
): Promise<MadeJob> {
  const obstacles = await obstaclesTo(job.name, repoDir);
  if (obstacles.length > 0) throw new NewJobError(obstacles.join("\n"));

  const files = await functionFiles(job.name, repoDir);
  const migration = migrationName(job, {
    others: await migrationsOf(repoDir),
    now,
  });

  await using undo = new AsyncDisposableStack();
  signal.throwIfAborted();
  const folder = join(functionsDir(repoDir), job.name);
  await writeFolder(folder, files, undo);
  const migrationFile = join(migrationsDir(repoDir), migration);
  await Deno.writeTextFile(migrationFile, migrationText(job), {
    createNew: true,
  });
  undo.defer(() => Deno.remove(migrationFile));
  const config = await readToRestore(configFile(repoDir), undo);
  await Deno.writeTextFile(configFile(repoDir), withSection(config, job.name));
  // The lock file lists the libraries of every function by its folder.
  await readToRestore(join(repoDir, "deno.lock"), undo);
  await runOrThrow(
    "lock the libraries of the job",
    [Deno.execPath(), "cache", "--quiet", join(folder, "index.ts")],
    { cwd: repoDir },
  );
  signal.throwIfAborted();
  undo.move();

  return {
    folder: `supabase/functions/${job.name}`,
    files: Object.keys(files).sort(),
    migration: `supabase/migrations/${migration}`,
  };
}

/** Writes a folder that others see whole or not at all. */
async function writeFolder(
  path: string,
  files: Readonly<Record<string, string>>,
  undo: AsyncDisposableStack,
): Promise<void> {
  // Beside the functions, which a running stack watches.
  const hidden = await Deno.makeTempDir({
    dir: join(path, "..", ".."),
    prefix: ".new-job-",
  });
  let made = hidden;
  undo.defer(() => Deno.remove(made, { recursive: true }));
  await Deno.chmod(hidden, 0o755);
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(hidden, name), text);
  }
  await Deno.rename(hidden, path);
  made = path;
}

async function readToRestore(
  path: string,
  undo: AsyncDisposableStack,
): Promise<string> {
  const before = await Deno.readTextFile(path);
  undo.defer(() => Deno.writeTextFile(path, before));
  return before;
}
