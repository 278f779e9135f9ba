import { join } from "node:path";
import { exists, removeIfExists } from "./files.ts";
import type { PostgresInstallation } from "./packages.ts";

const PROGRAMS = ["postgres", "initdb", "pg_ctl"] as const;
const STAND_INS = join(import.meta.dirname ?? "", "platform", "extensions");

/** Names the folders of the tree below a cluster's home. */
export function runtimeTree(
  clusterHome: string,
  { major }: PostgresInstallation,
) {
  const root = join(clusterHome, "runtime");
  return {
    binDir: join(root, "lib", "postgresql", `${major}`, "bin"),
    extensionDir: join(root, "share", "postgresql", `${major}`, "extension"),
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
): Promise<ReturnType<typeof runtimeTree>> {
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
  const ownExtensions = join(installation.shareDir, "extension");
  await linkEntries(installation.shareDir, join(tree.extensionDir, ".."));
  await linkEntries(ownExtensions, tree.extensionDir);
  for await (const { name } of Deno.readDir(STAND_INS)) {
    if (await exists(join(ownExtensions, `${name}.control`))) continue;
    for await (const file of Deno.readDir(join(STAND_INS, name))) {
      const copy = join(tree.extensionDir, file.name);
      await removeIfExists(copy);
      await Deno.copyFile(join(STAND_INS, name, file.name), copy);
      await Deno.chmod(copy, 0o644);
    }
  }
  return tree;
}

async function linkEntries(from: string, to: string): Promise<void> {
  for await (const { name } of Deno.readDir(from)) {
    const link = join(to, name);
    if (!await exists(link)) await Deno.symlink(join(from, name), link);
  }
}
