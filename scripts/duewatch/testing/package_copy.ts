import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { releaseMigration } from "../../schemas/migration.ts";
import { MIGRATIONS, RELEASED } from "../../schemas/releases.ts";
import { SCHEMAS } from "../../schemas/order.ts";
import { readVersions } from "../../schemas/version.ts";
import { runOrThrow } from "../../stack/command.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A copy of what the package installs, to be changed and released. */
export interface PackageCopy {
  readonly dir: string;
  /** Changes a file. */
  edit(path: string, change: (text: string) => string): Promise<void>;
  /** Releases what is there under a version. */
  release(version: string): Promise<void>;
}

/** Gives some work a copy of the package without any release. */
export async function withPackageCopy(
  work: (copy: PackageCopy) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const edit = async (path: string, change: (text: string) => string) => {
    const before = await Deno.readTextFile(join(dir, path));
    const after = change(before);
    if (after === before) throw new Error(`${path} does not change`);
    await Deno.writeTextFile(join(dir, path), after);
  };
  try {
    for (const path of ["supabase", "package.json", "package-lock.json"]) {
      await runOrThrow("copy the package", [
        "cp",
        "-R",
        join(ROOT, path),
        join(dir, path),
      ]);
    }
    await Deno.writeTextFile(join(dir, SCHEMAS, RELEASED), "[]");
    for await (const { name } of Deno.readDir(join(dir, MIGRATIONS))) {
      if (name.includes("_duewatch")) {
        await Deno.remove(join(dir, MIGRATIONS, name));
      }
    }
    await work({
      dir,
      edit,
      async release(version) {
        for (const [path, current] of await readVersions(dir)) {
          if (current === version) continue;
          await edit(path, (text) => text.replace(current, version));
        }
        await releaseMigration(dir, version);
      },
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
