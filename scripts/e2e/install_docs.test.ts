import { deepEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import { run } from "../stack/command.ts";
import { supabaseCli } from "../stack/migrations.ts";
import { type RunningStack, stackUrls } from "../stack/stack.ts";
import { OTHER_NAMES, SAME_NAMES } from "./foreign/domains.ts";
import { runMarks, snapshot } from "./foreign/journey.ts";
import {
  type ForeignProject,
  push,
  withForeignProject,
} from "./foreign/project.ts";
import { withBarePlatform } from "./support/bare_platform.ts";
import { config } from "./support/stack.ts";

const page = await Deno.readTextFile(
  join(config.repoDir, "docs/how-to/install.md"),
);

/** The blocks of one language beneath a heading. */
function blocksOf(heading: string, language: string): string[] {
  const section = page.split(/^## /m).find((text) =>
    text.startsWith(`${heading}\n`)
  );
  if (section === undefined) throw new Error(`The page has no "${heading}".`);
  return [
    ...section.matchAll(
      new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "gm"),
    ),
  ]
    .map(([, text]) => text);
}

/** Runs what a person would paste into a shell, in the folder of a project. */
async function paste(
  blocks: readonly string[],
  { dir }: ForeignProject,
  stack: RunningStack,
): Promise<void> {
  equal(blocks.length > 0, true);
  const programs = await Deno.makeTempDir();
  try {
    const url = stackUrls(stack.config).databaseUrl;
    // The linked project is the stack.
    await Deno.writeTextFile(
      join(programs, "npx"),
      `#!/bin/sh
program=$1
shift
case $program in
  duewatch) exec sh '${config.repoDir}/scripts/duewatch.sh' duewatch "$@" ;;
esac
for argument; do
  shift
  case $argument in
    --remote | --remote=*) argument='--remote=${url}?sslmode=disable' ;;
  esac
  set -- "$@" "$argument"
done
exec '${supabaseCli(stack.config)}' "$@"
`,
      { mode: 0o755 },
    );
    for (const block of blocks) {
      const { code, stdout, stderr } = await run(["sh", "-euc", block], {
        cwd: dir,
        env: {
          PATH: `${programs}:${Deno.env.get("PATH")}`,
          DATABASE_URL: url,
          // As npm would set it.
          INIT_CWD: dir,
          DO_NOT_TRACK: "1",
        },
      });
      equal(code, 0, `${block}\n${stdout}\n${stderr}`);
    }
  } finally {
    await Deno.remove(programs, { recursive: true });
  }
}

Deno.test("the quick start for a new project, the steps after it, and the way out work as they are written", () =>
  withBarePlatform((stack, sql) =>
    withForeignProject({}, async (project) => {
      const before = await project.files();
      // Those of the stack.
      await sql`delete from vault.secrets where true`;
      await paste(blocksOf("Quick start: new project", "sh"), project, stack);
      for (const block of blocksOf("Deploy the functions, turn it on", "sql")) {
        const text = block
          .replace("<project-ref>", "abcdefghijklmnopqrst")
          .replace("<the key>", "0123456789abcdef0123456789abcdef");
        await sql.unsafe(text).simple();
      }
      const [job] = await sql`
        select active, schedule
        from cron.job
        where jobname = 'update-installment-statuses-daily'
      `;
      deepEqual({ ...job }, { active: true, schedule: "0 * * * *" });
      await paste(blocksOf("Update", "sh"), project, stack);
      await paste(blocksOf("Take it out", "sh"), project, stack);
      deepEqual(await project.files(), before);
      const left = await sql`select name from vault.secrets`;
      deepEqual([...left], []);
    })
  ));

for (
  const [heading, domain] of [
    ["Quick start: same names", SAME_NAMES],
    ["Quick start: other names", OTHER_NAMES],
  ] as const
) {
  Deno.test(`${heading}: works as it is written, and back`, () =>
    withBarePlatform((stack, sql) =>
      withForeignProject(domain.migrations, async (project) => {
        await push(project, stack);
        const journey = { project, stack, sql };
        const before = await snapshot(journey);
        await paste(blocksOf(heading, "sh"), project, stack);
        await runMarks(journey, domain.names);
        await paste(blocksOf("Take it out", "sh"), project, stack);
        deepEqual((await snapshot(journey)).catalog, before.catalog);
      })
    ));
}

Deno.test("the quick start for a self-hosted project works as it is written", () =>
  withBarePlatform((stack, sql) =>
    withForeignProject({}, async (project) => {
      await paste(blocksOf("Quick start: self-hosted", "sh"), project, stack);
      const [{ version }] = await sql`select jobs.version() as version`;
      equal(typeof version, "string");
    })
  ));
