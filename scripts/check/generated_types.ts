import { join } from "node:path";
import { supabaseCli } from "../stack/migrations.ts";
import { type StackConfig, stackUrls } from "../stack/stack.ts";
import { StackError } from "../stack/errors.ts";

const TYPES_FILE = "supabase/functions/_shared/database.types.ts";

/** Where the committed types of the database lie. */
export function typesFile(config: StackConfig): string {
  return join(config.repoDir, TYPES_FILE);
}

/**
 * Lets the Supabase CLI describe the database of a running stack in
 * TypeScript, formatted like the rest of the repository.
 *
 * @throws StackError with the CLI's own words when it cannot.
 */
export async function generateTypes(config: StackConfig): Promise<string> {
  const { databaseUrl } = stackUrls(config);
  const source = await outputOf([
    supabaseCli(config),
    "gen",
    "types",
    "typescript",
    `--remote=${databaseUrl}?sslmode=disable`,
    "--schema=public",
  ], config.repoDir);
  return await outputOf(
    [Deno.execPath(), "fmt", "--ext=ts", "-"],
    config.repoDir,
    source,
  );
}

async function outputOf(
  command: readonly string[],
  cwd: string,
  input?: string,
): Promise<string> {
  const child = new Deno.Command(command[0], {
    args: command.slice(1),
    cwd,
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) {
    await new Blob([input]).stream().pipeTo(child.stdin);
  }
  const { success, stdout, stderr } = await child.output();
  if (!success) {
    throw new StackError(
      `Could not generate the types: ${new TextDecoder().decode(stderr)}`,
    );
  }
  return new TextDecoder().decode(stdout);
}
