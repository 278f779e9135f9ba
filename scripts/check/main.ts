// `npm test`: every check of the project, on a stack of its own.
import { parseArgs } from "node:util";
import { StackError } from "../stack/errors.ts";
import { ensurePackages } from "../stack/packages.ts";
import { terminalProgress } from "../stack/progress.ts";
import { readConfig } from "../stack/stack.ts";
import { type PrivateStack, startPrivateStack } from "./private_stack.ts";
import { endToEndStep } from "./end_to_end.ts";
import { databaseSteps, staticSteps } from "./steps.ts";
import type { Step } from "./step.ts";
import { sum, type Tally } from "./tally.ts";

const { values } = parseArgs({
  options: { only: { type: "string", multiple: true } },
});
const { repoDir } = readConfig();
const tallies: Tally[] = [];
const stacks: PrivateStack[] = [];

// The exit codes of a shell. What is under way ends first, and then the stack,
// which would otherwise be left running.
const interruption = new AbortController();
let interruptedWith: number | null = null;
for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.addSignalListener(signal, () => {
    interruptedWith ??= code;
    interruption.abort();
  });
}

try {
  await report(staticSteps(repoDir));
  if (interruptedWith === null) {
    await ensurePackages(terminalProgress(), null);
    // One for each processor that GitHub's smallest machine has.
    for (const name of ["test", "test-2"]) {
      console.log("… starting a private stack for the tests");
      stacks.push(await startPrivateStack(name));
    }
    await report(databaseSteps(repoDir, stacks[0]));
    await report([endToEndStep(repoDir, stacks)]);
    const failed = sum(tallies).failed > 0;
    if (failed && interruptedWith === null) {
      for (const stack of stacks) console.log(await stack.logs());
    }
  }
} catch (error) {
  tallies.push({ passed: 0, failed: 1 });
  console.error(error instanceof StackError ? error.message : error);
} finally {
  for (const stack of stacks) await stack.stop();
}

if (interruptedWith !== null) {
  console.log("Interrupted; the stack of the tests is stopped.");
  Deno.exit(interruptedWith);
}
const { passed, failed } = sum(tallies);
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);

async function report(steps: readonly Step[]): Promise<void> {
  const wanted = values.only ?? null;
  for (const step of steps) {
    if (wanted !== null && !wanted.includes(step.name)) continue;
    if (interruption.signal.aborted) return;
    const startedAt = performance.now();
    const { tally, output } = await step.run(interruption.signal);
    if (interruption.signal.aborted) return;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const mark = tally.failed === 0 ? "✓" : "✗";
    console.log(
      `${mark} ${step.name}: ${tally.passed} passed, ${tally.failed} failed ` +
        `(${seconds} s)`,
    );
    if (tally.failed > 0) console.log(output);
    tallies.push(tally);
  }
}
