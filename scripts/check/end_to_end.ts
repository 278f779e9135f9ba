import { join } from "node:path";
import postgres from "postgres";
import { emptyDatabase } from "../e2e/support/database.ts";
import { stackUrls } from "../stack/stack.ts";
import type { PrivateStack } from "./private_stack.ts";
import type { Step } from "./step.ts";
import { sum, type Tally } from "./tally.ts";
import { runTests } from "./test_run.ts";

/** The folder of the end-to-end tests. */
export const END_TO_END = "scripts/e2e";

/**
 * The end-to-end tests, several files at a time: each stack takes the next file
 * when it is done with one. The files of one stack have it for themselves.
 *
 * @param stacks stacks that nothing else uses meanwhile.
 */
export function endToEndStep(
  repoDir: string,
  stacks: readonly PrivateStack[],
): Step {
  return {
    name: "end-to-end tests",
    async run(signal) {
      const waiting = testFiles(repoDir, END_TO_END);
      const tallies: Tally[] = [];
      const outputs: string[] = [];
      await Promise.all(stacks.map(async ({ config, environment }) => {
        while (waiting.length > 0 && !signal.aborted) {
          const file = waiting.shift() as string;
          // Which files came before is chance, and must not matter.
          await empty(stackUrls(config).databaseUrl);
          const { tally, output } = await runTests(repoDir, {
            paths: [file],
            env: environment,
            // The step "types" has checked them all.
            flags: ["--no-check"],
            signal,
          });
          tallies.push(tally);
          if (tally.failed > 0) outputs.push(output);
        }
      }));
      return { tally: sum(tallies), output: outputs.join("\n") };
    },
  };
}

async function empty(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await emptyDatabase(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function testFiles(repoDir: string, folder: string): string[] {
  return [...Deno.readDirSync(join(repoDir, folder))]
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory) return testFiles(repoDir, path);
      return entry.name.endsWith(".test.ts") ? [path] : [];
    })
    .sort();
}
