/** How many checks of a step held. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** Adds up the tallies of several steps. */
export function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((total, tally) => total + tally.passed, 0),
    failed: tallies.reduce((total, tally) => total + tally.failed, 0),
  };
}

/**
 * Counts a step that is one check: a tool that exits with 0 or not.
 *
 * @param exitCode of the tool.
 */
export function ofExitCode(exitCode: number): Tally {
  return exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/**
 * Counts the tests of a JUnit report as `deno test --junit-path` writes it.
 *
 * @param xml the report; empty when the runner died before writing one.
 * @param exitCode of the runner: a failure that is no test's (a leak, a module
 *   that does not load) counts as one failed check.
 */
export function ofJUnit(xml: string, exitCode: number): Tally {
  const root = /<testsuites\b[^>]*>/.exec(xml)?.[0] ?? "";
  const tests = attribute(root, "tests");
  const failed = attribute(root, "failures") + attribute(root, "errors");
  return withExitCode({ passed: tests - failed, failed }, exitCode);
}

/**
 * Counts the assertions of pgTAP from the summary of `pg_prove`.
 *
 * @param output what pg_prove printed: `Files=3, Tests=40, …` and, for files
 *   with failures, `Failed tests: 1-3, 7` or `Failed test: 2`.
 * @param exitCode of pg_prove: a file that died or ran short of its plan
 *   counts as one failed check.
 */
export function ofPgProve(output: string, exitCode: number): Tally {
  const tests = Number(/^Files=\d+, Tests=(\d+)/m.exec(output)?.[1] ?? 0);
  const failed = [...output.matchAll(/^\s+Failed tests?:\s+(.+)$/gm)]
    .flatMap(([, list]) => list.split(","))
    .map((range) => range.trim().split("-").map(Number))
    .reduce((total, [from, to = from]) => total + to - from + 1, 0);
  return withExitCode({ passed: tests - failed, failed }, exitCode);
}

function withExitCode(tally: Tally, exitCode: number): Tally {
  const toldOfAll = exitCode === 0 || tally.failed > 0;
  return toldOfAll ? tally : { ...tally, failed: 1 };
}

function attribute(tag: string, name: string): number {
  return Number(new RegExp(`\\b${name}="(\\d+)"`).exec(tag)?.[1] ?? 0);
}
