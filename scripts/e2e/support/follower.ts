import { equal } from "node:assert/strict";
import { join } from "node:path";
import { supabaseCli } from "../../stack/migrations.ts";
import { type RunningStack, stackUrls } from "../../stack/stack.ts";
import { startManagementApi } from "../../stand_ins/management_api.ts";
import type { ManagementApi } from "../../stand_ins/management_api_contract.ts";
import { SAME_NAMES } from "../foreign/domains.ts";
import {
  dbUrl,
  type ForeignProject,
  push,
  withForeignProject,
} from "../foreign/project.ts";
import { withBarePlatform } from "./bare_platform.ts";
import type { Database } from "./database.ts";
import { platformVariables } from "./hosted_project.ts";
import { type Page, readPage } from "./pages.ts";
import { config } from "./stack.ts";

type Language = "sh" | "sql";
type Values = Readonly<Record<string, string>>;

/** Somebody who follows a page: a folder, a shell, and a hosted project. */
export interface Follower {
  readonly project: ForeignProject;
  readonly stack: RunningStack;
  readonly sql: Database;
  readonly api: ManagementApi;
  /** The blocks of one language in a section of the second level, in order. */
  readonly blocks: (heading: string, language: Language) => readonly string[];
  /**
   * Pastes blocks into a shell, and answers every question with yes.
   *
   * @param values what stands for the placeholders besides the ref.
   * @returns what the screen has shown.
   */
  readonly paste: (
    blocks: readonly string[],
    values?: Values,
  ) => Promise<string>;
  /** Runs blocks in the SQL editor. */
  readonly runSql: (
    blocks: readonly string[],
    values?: Values,
  ) => Promise<void>;
}

/**
 * Follows a page in a project of somebody's own, with the real CLI, against a
 * stand-in for the Management API that serves what is deployed.
 *
 * @param migrations of the project, by name.
 * @param packageDir where `npx duewatch` comes from.
 */
export function withFollower(
  path: string,
  migrations: Readonly<Record<string, string>>,
  work: (follower: Follower) => Promise<void>,
  packageDir: string = config.repoDir,
): Promise<void> {
  return withBarePlatform((stack, sql) =>
    withForeignProject(migrations, async (project) => {
      // Those of the stack.
      await sql`delete from vault.secrets where true`;
      const page = await readPage(path);
      await using api = await startManagementApi({
        environment: () => platformVariables(stack),
        repoDir: stack.config.repoDir,
        databaseUrl: stackUrls(stack.config).databaseUrl,
      });
      const ref = { "<project-ref>": api.ref };
      await work({
        project,
        stack,
        sql,
        api,
        blocks: (heading, language) => blocksUnder(page, heading, language),
        paste: (blocks, values) =>
          paste(blocks, { project, stack, api, packageDir }, {
            ...ref,
            ...values,
          }),
        async runSql(blocks, values) {
          for (const block of blocks) {
            const statements = fill(block, {
              // The address that this project has.
              "https://<project-ref>.supabase.co/functions/v1":
                api.functionsUrl,
              ...values,
            });
            await sql.unsafe(statements).simple();
          }
        },
      });
    })
  );
}

/** Follows a page in a project with Duewatch in its folder, not deployed yet. */
export function withInstalled(
  page: string,
  work: (follower: Follower) => Promise<void>,
): Promise<void> {
  return withFollower(page, SAME_NAMES.migrations, async (follower) => {
    const { project, stack } = follower;
    await push(project, stack);
    const { code, stdout, stderr } = await project.duewatch(
      "install",
      dbUrl(stack),
      "--yes",
    );
    equal(code, 0, stdout + stderr);
    await work(follower);
  });
}

/** Links a folder, as `supabase link` does. */
export async function linkFolder(dir: string, ref: string): Promise<void> {
  await Deno.mkdir(join(dir, "supabase", ".temp"), { recursive: true });
  await Deno.writeTextFile(join(dir, "supabase", ".temp", "project-ref"), ref);
}

function blocksUnder(
  page: Page,
  heading: string,
  language: string,
): readonly string[] {
  const found = page.blocks
    .filter((block) => block.chapter === heading && block.language === language)
    .map(({ code }) => code);
  equal(found.length > 0, true, `${page.path}: ${heading} has no ${language}`);
  return found;
}

function fill(
  text: string,
  values: Values,
): string {
  let filled = text;
  for (const [placeholder, value] of Object.entries(values)) {
    filled = filled.replaceAll(placeholder, value);
  }
  const [unknown] = /<[a-z][^<>@]*>/.exec(filled) ?? [];
  if (unknown === undefined) return filled;
  throw new Error(`The placeholder ${unknown} is unknown.`);
}

async function paste(
  blocks: readonly string[],
  { project, stack, api, packageDir }:
    & Pick<Follower, "project" | "stack" | "api">
    & { readonly packageDir: string },
  values: Values,
): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const script = join(folder, "pasted.sh");
    await Deno.writeTextFile(script, fill(blocks.join("\n"), values));
    for (const [name, text] of Object.entries(programs(stack, packageDir))) {
      await Deno.writeTextFile(join(folder, name), text, { mode: 0o755 });
    }
    // A terminal of its own, in which questions are asked.
    const shell = new Deno.Command("script", {
      args: ["-qec", `sh -eu ${script}`, "/dev/null"],
      cwd: project.dir,
      env: {
        PATH: `${folder}:${Deno.env.get("PATH")}`,
        SHELL: "/bin/sh",
        TERM: "dumb",
        NO_COLOR: "1",
        DATABASE_URL: `${stackUrls(stack.config).databaseUrl}?sslmode=disable`,
        FUNCTIONS: api.functionsUrl,
        SUPABASE_PROFILE: api.profile,
        SUPABASE_ACCESS_TOKEN: api.token,
        DO_NOT_TRACK: "1",
        SUPABASE_TELEMETRY_DISABLED: "1",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const answers = shell.stdin.getWriter();
    await answers.write(new TextEncoder().encode("y\n".repeat(10)));
    const [{ code }, output] = await Promise.all([
      shell.status,
      shell.stdout.text(),
      shell.stderr.text(),
    ]);
    await answers.close().catch(() => {});
    equal(code, 0, output);
    return output.replaceAll("\r\n", "\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Programs for which the database of the stack is that of the project. */
function programs(
  stack: RunningStack,
  packageDir: string,
): Record<string, string> {
  return {
    npx: `#!/bin/sh
set -eu
program=$1
shift
case "$program $*" in
  "duewatch "*)
    export DUEWATCH_DB_URL="$DATABASE_URL"
    for argument; do
      shift
      [ "$argument" = --linked ] || set -- "$@" "$argument"
    done
    [ "$1" = deploy ] && set -- "$@" --functions-url "$FUNCTIONS"
    # As the package's own entry does.
    export DENO_NO_PACKAGE_JSON=1
    exec '${Deno.execPath()}' run --quiet -A --config='${packageDir}/deno.json' \\
      '${packageDir}/scripts/duewatch/main.ts' "$@" ;;
  # With the token in the environment there is nothing to do.
  "supabase login") exit ;;
  "supabase link --project-ref "*)
    mkdir -p supabase/.temp
    printf %s "$3" > supabase/.temp/project-ref
    exit ;;
  "supabase db "*)
    for argument; do
      shift
      case $argument in
        --remote) argument="--remote=$DATABASE_URL" ;;
      esac
      set -- "$@" "$argument"
    done ;;
esac
exec '${supabaseCli(stack.config)}' "$@" --yes
`,
    docker: `#!/bin/sh
echo "$*" > docker-was-called-with
`,
  };
}
