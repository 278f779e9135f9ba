import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runOrThrow } from "../../stack/command.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

// What a new job is made from, and what it changes.
const PARTS = [
  "deno.json",
  "deno.lock",
  "package.json",
  "supabase/config.toml",
  "supabase/functions",
  "supabase/migrations",
];

/** A copy of the checkout, as far as a new job concerns it. */
export interface Checkout {
  readonly repoDir: string;
  /** The texts of its files, by their paths. */
  files(): Promise<Record<string, string>>;
  write(path: string, text: string): Promise<void>;
}

/** Gives some work a copy of the checkout, which ends with it. */
export async function withCheckout(
  work: (checkout: Checkout) => Promise<void>,
): Promise<void> {
  const repoDir = await Deno.makeTempDir();
  try {
    await runOrThrow(
      "copy the checkout",
      ["cp", "-R", "--parents", "-t", repoDir, ...PARTS],
      { cwd: ROOT },
    );
    await work({
      repoDir,
      files: () => textsIn(repoDir),
      write: (path, text) => Deno.writeTextFile(join(repoDir, path), text),
    });
  } finally {
    await Deno.remove(repoDir, { recursive: true });
  }
}

async function textsIn(
  folder: string,
  prefix = "",
): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) {
      Object.assign(texts, await textsIn(path, `${prefix}${name}/`));
    } else texts[prefix + name] = await Deno.readTextFile(path);
  }
  return texts;
}
