import { join } from "node:path";
import { type CommandResult, run, runOrThrow } from "../../stack/command.ts";
import { cliTarget, supabaseCli } from "../../stack/migrations.ts";
import { type RunningStack, stackUrls } from "../../stack/stack.ts";
import { config as testConfig } from "../support/stack.ts";

/** A Supabase project of somebody else, in a folder of its own. */
export interface ForeignProject {
  readonly dir: string;
  /** Runs `duewatch <args>` in its folder. */
  duewatch(...args: string[]): Promise<CommandResult>;
  /** Its folder as it is: the text of each file by its path. */
  files(): Promise<Map<string, string>>;
}

const CONFIG = `# The configuration of somebody else.
project_id = "foreign"

[api] # with a comment
port = 54321
schemas = ["public"]

[functions.hello]
verify_jwt = true
`;

/**
 * Makes a project with migrations and functions of its own, for the length of
 * some work.
 *
 * @param migrations texts by name.
 * @param own more files, and others than usual, by their path in `supabase/`.
 */
export async function withForeignProject(
  migrations: Readonly<Record<string, string>>,
  work: (project: ForeignProject) => Promise<void>,
  own: Readonly<Record<string, string>> = {},
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "duewatch-foreign-" });
  const write = async (path: string, text: string) => {
    const target = join(dir, "supabase", path);
    await Deno.mkdir(join(target, ".."), { recursive: true });
    await Deno.writeTextFile(target, text);
  };
  try {
    await write("config.toml", CONFIG);
    await write(
      "functions/hello/index.ts",
      'import { word } from "../_shared/word.ts";\nDeno.serve(() => new Response(word));\n',
    );
    await write("functions/_shared/word.ts", 'export const word = "hello";\n');
    for (const [path, text] of Object.entries(own)) await write(path, text);
    for (const [name, text] of Object.entries(migrations)) {
      await write(`migrations/${name}.sql`, text);
    }
    await work({
      dir,
      duewatch: (...args) => {
        const [command, ...rest] = args;
        return run([
          "sh",
          join(testConfig.repoDir, "scripts", "duewatch.sh"),
          "duewatch",
          command,
          dir,
          ...rest,
        ], { cwd: dir });
      },
      files: () => readTree(join(dir, "supabase"), ""),
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Pushes the project's migrations with the real CLI, from its own folder. */
export async function push(
  { dir }: ForeignProject,
  { config }: RunningStack,
): Promise<void> {
  await runOrThrow("push the migrations", [
    supabaseCli(config),
    "db",
    "push",
    "--yes",
    cliTarget(config),
    `--workdir=${dir}`,
  ], {
    cwd: dir,
    env: { DO_NOT_TRACK: "1", SUPABASE_TELEMETRY_DISABLED: "1", NO_COLOR: "1" },
  });
}

/** The option that names a stack's database. */
export function dbUrl({ config }: RunningStack): string {
  return `--db-url=${stackUrls(config).databaseUrl}`;
}

async function readTree(
  root: string,
  folder: string,
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const entry of Deno.readDir(join(root, folder))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) {
      files.set(`${path}/`, "");
      for (const [name, text] of await readTree(root, path)) {
        files.set(name, text);
      }
    } else {
      files.set(path, await Deno.readTextFile(join(root, path)));
    }
  }
  // What the CLI keeps for itself.
  for (const path of files.keys()) {
    if (path.startsWith(".temp") || path.startsWith(".branches")) {
      files.delete(path);
    }
  }
  return new Map([...files].sort());
}
