import { runTool } from "./step.ts";
import { ofJUnit, type Tally } from "./tally.ts";

/** Which tests to run, and how. */
export interface TestRun {
  /** Files or folders, from the root of the repository; default all. */
  readonly paths?: readonly string[];
  readonly ignore?: readonly string[];
  /** Further flags of `deno test`. */
  readonly flags?: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the tests before their time. */
  readonly signal: AbortSignal;
}

/** Runs tests in a process of their own and counts them. */
export async function runTests(
  repoDir: string,
  { paths = [], ignore = [], flags = [], env = {}, signal }: TestRun,
): Promise<{ readonly tally: Tally; readonly output: string }> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const { exitCode, output } = await runTool([
      Deno.execPath(),
      "test",
      "--allow-all",
      `--junit-path=${report}`,
      ...flags,
      ...ignore.map((path) => `--ignore=${path}`),
      ...paths,
    ], { cwd: repoDir, env, signal });
    const xml = await Deno.readTextFile(report);
    return { tally: ofJUnit(xml, exitCode), output };
  } finally {
    await Deno.remove(report);
  }
}
