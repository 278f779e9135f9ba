import { join } from "node:path";
import { runDuewatch } from "../../duewatch/testing/fake_runtime.ts";
import { type CommandResult, run } from "../../stack/command.ts";
import { functionEnvironment } from "../../stack/function_environment.ts";
import { supabaseCli } from "../../stack/migrations.ts";
import { type RunningStack, stackUrls } from "../../stack/stack.ts";
import { startManagementApi } from "../../stand_ins/management_api.ts";
import type { ManagementApi } from "../../stand_ins/management_api_contract.ts";
import {
  type ForeignProject,
  push,
  withForeignProject,
} from "../foreign/project.ts";
import { withBarePlatform } from "./bare_platform.ts";
import type { Database } from "./database.ts";

/** A project of somebody's own, and its counterpart on supabase.com. */
export interface HostedWorld {
  readonly stack: RunningStack;
  readonly sql: Database;
  readonly api: ManagementApi;
  readonly project: ForeignProject;
  /** Runs the Supabase CLI against the project, in the folder. */
  supabase(...args: readonly string[]): Promise<CommandResult>;
  /** Runs `duewatch <args>`, which knows the project through the CLI only. */
  duewatch(
    args: readonly string[],
    given?: Given,
  ): ReturnType<typeof runDuewatch>;
}

interface Given {
  readonly answers?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Gives some work a project whose database is reached through the Management
 * API alone.
 *
 * @param packageDir the Duewatch that is installed; the checkout by default.
 */
export function withHostedProject(
  migrations: Readonly<Record<string, string>>,
  work: (world: HostedWorld) => Promise<void>,
  packageDir?: string,
): Promise<void> {
  return withBarePlatform((stack, sql) =>
    withForeignProject(migrations, async (project) => {
      await sql`delete from vault.secrets where true`;
      await push(project, stack);
      await using api = await startManagementApi({
        environment: () => platformVariables(stack),
        repoDir: stack.config.repoDir,
        databaseUrl: stackUrls(stack.config).databaseUrl,
      });
      const cli = await writeCli(project.dir, stack, api);
      const environment = {
        SUPABASE_ACCESS_TOKEN: api.token,
        DUEWATCH_SUPABASE_CLI: cli,
      };
      await work({
        stack,
        sql,
        api,
        project,
        supabase: (...args) =>
          run([
            cli,
            ...args,
            `--profile=${api.profile}`,
            `--workdir=${project.dir}`,
          ], { env: { ...environment, DO_NOT_TRACK: "1" } }),
        duewatch: (args, given = {}) =>
          runDuewatch([...args, "--profile", api.profile], {
            cwd: project.dir,
            answers: given.answers,
            environment: { ...environment, ...given.environment },
            ...packageDir === undefined ? {} : { packageDir },
          }),
      });
    })
  );
}

/** What the platform gives its functions, and none of our keys. */
export async function platformVariables({ config, keys }: RunningStack) {
  const { JOBS_API_KEY: _, JOBS_READ_KEY: __, ...variables } =
    await functionEnvironment(config, keys);
  return variables;
}

/**
 * Writes the real CLI, for which the name of the project's database leads to
 * the stack's: db.<ref>.supabase.co cannot be reached here. `db push` is the
 * only command that connects to it itself.
 */
async function writeCli(
  dir: string,
  { config }: RunningStack,
  { ref }: ManagementApi,
): Promise<string> {
  const path = join(dir, "supabase-cli");
  await Deno.writeTextFile(
    path,
    `#!/bin/sh
if [ "$1 $2" = "db push" ]; then
  for argument; do
    shift
    [ "$argument" = '--remote=${ref}' ] &&
      argument='--remote=${stackUrls(config).databaseUrl}?sslmode=disable'
    set -- "$@" "$argument"
  done
fi
exec '${supabaseCli(config)}' "$@"
`,
    { mode: 0o755 },
  );
  return path;
}
