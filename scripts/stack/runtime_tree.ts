import { join } from "node:path";
import { exists, removeIfExists } from "./files.ts";
import type { PostgresInstallation } from "./packages.ts";

const PROGRAMS = ["postgres", "initdb", "pg_ctl"] as const;
const STAND_INS = join(import.meta.dirname ?? "", "platform", "extensions");

/** A private copy of the layout in which Postgres looks for its own parts. */
export interface RuntimeTree {
  readonly binDir: string;
  readonly extensionDir: string;
}

/** Names the folders of the tree below a cluster's home. */
export function runtimeTree(
  clusterHome: string,
  installation: PostgresInstallation,
): RuntimeTree {
  const root = join(clusterHome, "runtime");
  const version = String(installation.major);
  return {
    binDir: join(root, "lib", "postgresql", version, "bin"),
    extensionDir: join(root, "share", "postgresql", version, "extension"),
  };
}

/**
 * Builds the tree again, for a Postgres that is not running.
 *
 * Postgres finds its libraries and extensions relative to its own program, so
 * copies of three programs beside links to everything else make a place where
 * stand-in extensions can be added without writing below `/usr`.
 */
export async function buildRuntimeTree(
  clusterHome: string,
  installation: PostgresInstallation,
): Promise<RuntimeTree> {
  await removeIfExists(join(clusterHome, "runtime"));
  const tree = runtimeTree(clusterHome, installation);
  await Deno.mkdir(tree.binDir, { recursive: true });
  await Deno.mkdir(tree.extensionDir, { recursive: true });
  for (const program of PROGRAMS) {
    const copy = join(tree.binDir, program);
    await Deno.copyFile(join(installation.libDir, "bin", program), copy);
    await Deno.chmod(copy, 0o755);
  }
  await Deno.symlink(
    join(installation.libDir, "lib"),
    join(tree.binDir, "..", "lib"),
  );
  await linkEntries(
    installation.shareDir,
    join(tree.extensionDir, ".."),
    (name) => name !== "extension",
  );
  await linkEntries(
    join(installation.shareDir, "extension"),
    tree.extensionDir,
    () => true,
  );
  await installStandIns(tree, installation);
  return tree;
}

/**
 * Puts our stand-ins where the real extension is not installed.
 *
 * @returns the names of the stand-ins in use.
 */
async function installStandIns(
  tree: RuntimeTree,
  installation: PostgresInstallation,
): Promise<string[]> {
  const used: string[] = [];
  for await (const { name } of Deno.readDir(STAND_INS)) {
    const control = join(installation.shareDir, "extension", `${name}.control`);
    if (await exists(control)) continue;
    for await (const file of Deno.readDir(join(STAND_INS, name))) {
      const copy = join(tree.extensionDir, file.name);
      await removeIfExists(copy);
      await Deno.copyFile(join(STAND_INS, name, file.name), copy);
      await Deno.chmod(copy, 0o644);
    }
    used.push(name);
  }
  return used;
}

async function linkEntries(
  from: string,
  to: string,
  wanted: (name: string) => boolean,
): Promise<void> {
  for await (const { name } of Deno.readDir(from)) {
    if (wanted(name)) await Deno.symlink(join(from, name), join(to, name));
  }
}
