import { equal } from "node:assert/strict";
import { join } from "node:path";
import { run } from "../../stack/command.ts";
import { supabaseCli } from "../../stack/migrations.ts";
import { ensurePackages } from "../../stack/packages.ts";
import { silentProgress } from "../../stack/progress.ts";
import { config } from "./stack.ts";

/** A shell in an empty folder, for what a page tells its reader to type. */
export interface PageShell extends AsyncDisposable {
  /** Runs a block, which has to succeed. */
  readonly paste: (block: string) => Promise<string>;
}

/**
 * Opens a shell with the programs that the pages use. `supabase db dump` runs
 * in Docker; here its own script runs with the `pg_dump` of this machine.
 *
 * @param variables that the page tells its reader to set.
 */
export async function openPageShell(
  variables: Readonly<Record<string, string>>,
): Promise<PageShell> {
  const { libDir } = await ensurePackages(silentProgress, null);
  const dir = await Deno.makeTempDir({ prefix: "duewatch-page-" });
  const programs = join(dir, "programs");
  const folder = join(dir, "folder");
  await Deno.mkdir(programs);
  await Deno.mkdir(folder);
  await Deno.writeTextFile(
    join(programs, "npx"),
    npx(join(dir, "dump.sh")),
    { mode: 0o755 },
  );
  return {
    async paste(block) {
      const { code, stdout, stderr } = await run(["sh", "-euc", block], {
        cwd: folder,
        env: {
          ...variables,
          PATH: `${programs}:${join(libDir, "bin")}:${Deno.env.get("PATH")}`,
          INIT_CWD: folder,
          DO_NOT_TRACK: "1",
          SUPABASE_TELEMETRY_DISABLED: "1",
          NO_COLOR: "1",
        },
      });
      equal(code, 0, `${block}\n${stdout}\n${stderr}`);
      return stdout;
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

const npx = (script: string) =>
  `#!/bin/sh
set -e
program=$1
shift
case $program in
  duewatch) exec sh '${config.repoDir}/scripts/duewatch.sh' duewatch "$@" ;;
esac
file=
for argument; do
  shift
  case $file in
    next) file=$argument; continue ;;
  esac
  case $argument in
    -f) file=next; continue ;;
  esac
  set -- "$@" "$argument"
done
'${supabaseCli(config)}' "$@" --dry-run 2> /dev/null |
  sed -E 's/--schema=([^ ]+)/--schema="\\1"/' > '${script}'
exec bash '${script}' > "$file"
`;
