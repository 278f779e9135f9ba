import { join, relative } from "node:path";
import postgres from "postgres";
import { emptyDatabase } from "../e2e/support/database.ts";
import { stackUrls } from "../stack/stack.ts";
import type { StackStep } from "./step.ts";
import { runTests } from "./test_run.ts";

/** The folder of the end-to-end tests. */
export const END_TO_END = "scripts/e2e";

/** One step for each file of end-to-end tests, the longest first. */
export function endToEndSteps(
  cwd: string,
  durations: ReadonlyMap<string, number>,
): StackStep[] {
  const folder = join(cwd, END_TO_END);
  return longestFirst(testFiles(folder, folder), durations)
    .map(({ name }) => ({
      name,
      async run(signal, stack) {
        // Which files came before is chance, and must not matter.
        await empty(stackUrls(stack.config).databaseUrl);
        const paths = [join(folder, name)];
        return await runTests({ paths, cwd, env: stack.environment, signal });
      },
    }));
}

// Short files that take long: they deploy with the Supabase CLI, or wait for a
// tick of pg_cron.
const LONG = [
  "deploy_docs.test.ts",
  "deploy_docs_by_hand.test.ts",
  "foreign_over_http.test.ts",
  "hosted_by_ref.test.ts",
  "hosted_linked.test.ts",
  "install_docs.test.ts",
  "install_docs_existing.test.ts",
  "upgrade_docs.test.ts",
];

/** A file of tests. */
export interface TestFile {
  /** Its path in the folder of the end-to-end tests. */
  readonly name: string;
  readonly bytes: number;
  /** Whether it takes longer than its size suggests. */
  readonly isLong?: boolean;
}

/**
 * Orders files by how long they took. Those that have never run come before all
 * others: first those that take long, then by their size.
 *
 * @param durations by the file's name.
 */
export function longestFirst(
  files: readonly TestFile[],
  durations: ReadonlyMap<string, number>,
): TestFile[] {
  const took = ({ name }: TestFile) => durations.get(name) ?? Infinity;
  return files.toSorted((a, b) => {
    const byDuration = took(b) - took(a);
    if (!Number.isNaN(byDuration) && byDuration !== 0) return byDuration;
    return Number(b.isLong ?? false) - Number(a.isLong ?? false) ||
      b.bytes - a.bytes;
  });
}

async function empty(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    await emptyDatabase(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function testFiles(root: string, folder: string): TestFile[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory) return testFiles(root, path);
    if (!entry.name.endsWith(".test.ts")) return [];
    const name = relative(root, path);
    const bytes = Deno.statSync(path).size;
    return [{ name, bytes, isLong: LONG.includes(name) }];
  });
}
