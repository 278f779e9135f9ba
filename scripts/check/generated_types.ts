import { join } from "node:path";
import { runOrThrow } from "../stack/command.ts";
import { cliTarget, supabaseCli } from "../stack/migrations.ts";
import type { StackConfig } from "../stack/stack.ts";

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
  const options = { cwd: config.repoDir };
  const generated = await runOrThrow("generate the types", [
    supabaseCli(config),
    "gen",
    "types",
    "typescript",
    cliTarget(config),
    "--schema=public",
  ], options);
  const formatted = await runOrThrow("format the types", [
    Deno.execPath(),
    "fmt",
    "--ext=ts",
    "-",
  ], { ...options, stdin: generated.stdout });
  return formatted.stdout;
}
