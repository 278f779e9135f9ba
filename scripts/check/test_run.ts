import type { StepResult } from "./step.ts";
import { ofJUnit } from "./tally.ts";
import { runTool, type ToolOptions } from "./tool.ts";

/** Which tests to run, and how. */
export interface TestRun extends ToolOptions {
  /** Files or folders; default all. */
  readonly paths?: readonly string[];
  /** Further flags of `deno test`. */
  readonly flags?: readonly string[];
}

/** Runs tests in a process of their own and counts them. */
export async function runTests(
  { paths = [], flags = [], ...options }: TestRun,
): Promise<StepResult> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const { exitCode, output } = await runTool([
      Deno.execPath(),
      "test",
      "--allow-all",
      // The step "types" has checked them all.
      "--no-check",
      `--junit-path=${report}`,
      ...flags,
      ...paths,
    ], options);
    const xml = await Deno.readTextFile(report);
    return { tally: ofJUnit(xml, exitCode), output };
  } finally {
    await Deno.remove(report);
  }
}
