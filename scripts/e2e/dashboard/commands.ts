import { join } from "node:path";
import { run } from "../../stack/command.ts";
import { configEnvironment } from "../../stack/config.ts";
import { endFunction } from "../support/function_secrets.ts";
import { config } from "../support/stack.ts";

/** What `npm` does here: it starts the stack of the tests, and never stops it. */
const NPM = `#!/bin/sh
[ "$*" = start ] || exit 0
cd / && exec sh "${config.repoDir}/scripts/duewatch.sh" start
`;

/**
 * Runs a block that the page gives to copy, as a person does in a terminal: in a
 * folder of its own, whose functions' secrets are those of the stack.
 *
 * @param typed what the person types in when the block asks.
 * @param slugs of the functions that start anew, with the secrets that are left.
 */
export async function runBlock(
  block: string,
  { typed = "", slugs = [] }: {
    readonly typed?: string;
    readonly slugs?: readonly string[];
  } = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const secrets = join(folder, "supabase", "functions", ".env");
  try {
    await Deno.mkdir(join(folder, "supabase", "functions"), {
      recursive: true,
    });
    await Deno.writeTextFile(secrets, await readSecrets());
    await Deno.writeTextFile(join(folder, "npm"), NPM, { mode: 0o755 });
    const { code, stderr } = await run(["bash", "-e", "-c", block], {
      cwd: folder,
      stdin: `${typed}\n`,
      env: {
        ...configEnvironment(config),
        PATH: `${folder}:${Deno.env.get("PATH")}`,
      },
    });
    if (code !== 0) throw new Error(`${block}\n${stderr}`);
    await Deno.writeTextFile(
      config.functionsEnvFile,
      await Deno.readTextFile(secrets),
    );
    for (const slug of slugs) await endFunction(slug);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function readSecrets(): Promise<string> {
  try {
    return await Deno.readTextFile(config.functionsEnvFile);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
